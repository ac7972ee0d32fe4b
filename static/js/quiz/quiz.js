// One quiz, as everybody may see it: what it is about, and the ways to take it.

import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { avatar } from '../live/board.js';
import { Refused, call, uuid } from '../session.js';
import { say, sayBy } from '../words.js';
import { read } from './api.js';
import { needsSignIn } from './page.js';

const id = location.pathname.split('/')[2] ?? '';

/** Opens a session of it and goes to its desk. @param {HTMLElement} wrong */
async function host(wrong) {
  try {
    const { id: room } = await call('POST', 'live', { body: { quiz: id }, key: uuid() });
    location.assign(`/live/${room}/host`);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    wrong.textContent = error.message;
    announce(error.message);
  }
}

/** @param {any} card */
function show(card) {
  document.title = `${card.title} – AllThrive`;
  const wrong = el('p', { class: 'field__error' });
  byId('place').replaceChildren(el('article', { class: 'one', lang: card.language },
    el('p', { class: 'crumb' }, el('a', { class: 'more', href: '/quizzes' }, icon('arrow-left', 'icon icon--sm'), ` ${say('edit.all-quizzes')}`)),
    card.image?.url && el('img', { class: 'one__pic', src: card.image.url, alt: card.image.alt ?? '' }),
    el('h1', { tabindex: '-1', dir: 'auto' }, card.title),
    el('p', { class: 'quiz__meta' }, el('span', {}, icon('list', 'icon icon--sm'), ` ${say('edit.n-questions', { n: card.question_count })}`), el('span', {}, icon('clock', 'icon icon--sm'), ` ${say('edit.n-minutes', { n: card.minutes })}`), el('span', {}, sayBy(`edit.${card.difficulty}`)), card.topic && el('span', { dir: 'auto' }, card.topic)),
    card.description && el('p', { class: 'one__text', dir: 'auto' }, card.description),
    card.owner && el('p', { class: 'quiz__by' }, avatar(card.owner.name, 'avatar--xs'), el('span', { dir: 'auto' }, say('edit.by', { name: card.owner.name }))),
    card.draft && el('p', { class: 'note' }, icon('info'), el('span', {}, say('edit.own-draft'))),
    el('div', { class: 'row row--wrap', id: 'ways' }, el('button', { class: 'btn btn--live', type: 'button', onclick: () => void host(wrong) }, icon('play'), ` ${say('edit.play')}`), card.own && el('a', { class: 'btn btn--line', href: `/quizzes/${id}/edit` }, icon('edit'), ` ${say('edit.edit')}`)), wrong));
}

void keepIcons();
try {
  const seen = await read(id);
  const { quiz } = seen;
  show(quiz ? { ...quiz, difficulty: quiz.difficulty ?? 'beginner', minutes: quiz.minutes ?? Math.max(1, (quiz.questions ?? []).length), question_count: (quiz.questions ?? []).length, own: true, draft: !seen.published_ts } : seen);
} catch (error) {
  needsSignIn(error, byId('place'));
}

// One quiz, as everybody may see it: what it is about, and the ways to take it.

import { byId, el, figure, icon, keepIcons } from '../dom.js';
import { avatar } from '../live/board.js';
import { launch } from '../live/launch.js';
import { Refused } from '../session.js';
import { say, sayBy, whenShort } from '../words.js';
import { attempts, read, start } from './api.js';
import { needsSignIn } from './page.js';

const id = location.pathname.split('/')[2] ?? '';

/** The rules in words. @param {any} rules */
function rulesWords(rules) {
  return [rules.attempts ? say('attempt.n-attempts', { n: rules.attempts }) : say('attempt.any-attempts'), rules.minutes && say('attempt.n-minutes', { n: rules.minutes }), rules.closes_ts && say('attempt.closes', { time: new Date(rules.closes_ts).toLocaleString(document.documentElement.lang) }), sayBy(`attempt.${rules.feedback.replaceAll('_', '-')}`)].filter(Boolean).join(' ');
}

/** Taking it alone: how, how it went, and on. */
async function alone() {
  const { rules, items, counting } = await attempts(id);
  const running = items.find((/** @type {any} */ one) => one.state === 'in_progress');
  const isOver = (rules.attempts && items.length >= rules.attempts) || (rules.closes_ts && rules.closes_ts <= Date.now());
  const wrong = el('p', { class: 'field__error', role: 'alert' });
  const factor = el('select', { class: 'input select', id: 'factor' }, ...['1', '1.5', '2'].map((one) => el('option', { value: one }, one === '1' ? say('attempt.usual-time') : say('attempt.more-time', { factor: one }))));
  const begin = el('button', { class: 'btn btn--act', type: 'button', onclick: async () => {
    begin.setAttribute('aria-disabled', 'true');
    try {
      location.assign(`/attempts/${(await start(id, factor.value)).id}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      begin.removeAttribute('aria-disabled');
      wrong.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, error.message));
    }
  } }, say(running ? 'attempt.go-on' : items.length ? 'attempt.again' : 'attempt.take'));
  const rows = items.map((/** @type {any} */ one) => el('li', {}, el('a', { class: 'more', href: `/attempts/${one.id}` }, say('attempt.no', { n: one.no })), ` ${whenShort(one.started_ts)}, ${sayBy(`attempt.is-${one.state.replaceAll('_', '-')}`)}${one.score ? `, ${say('attempt.points-and', { points: one.score.points, most: one.score.most })}` : ''}`));
  byId('place').querySelector('article')?.append(el('section', { class: 'card card--pad stack', 'aria-labelledby': 'alone' }, el('h2', { id: 'alone' }, say('attempt.alone')), el('p', { class: 'quiet' }, rulesWords(rules)),
    rules.minutes && !running && !isOver ? el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'factor' }, say('attempt.time')), factor) : '', running || !isOver ? el('div', {}, begin) : el('p', { class: 'note' }, icon('info'), el('span', {}, say('attempt.over'))), wrong,
    rows.length ? el('ul', { class: 'stack stack--sm', role: 'list' }, ...rows) : '', counting !== undefined && el('p', { class: 'strong' }, say('attempt.counting', { points: figure(counting) }))));
}

/** @param {any} card */
function show(card) {
  document.title = `${card.title} – AllThrive`;
  byId('place').replaceChildren(el('article', { class: 'one', lang: card.language },
    el('p', { class: 'crumb' }, el('a', { class: 'more', href: '/quizzes' }, icon('arrow-left', 'icon icon--sm'), ` ${say('edit.all-quizzes')}`)),
    card.image?.url && el('img', { class: 'one__pic', src: card.image.url, alt: card.image.alt ?? '' }),
    el('h1', { tabindex: '-1', dir: 'auto' }, card.title),
    el('p', { class: 'quiz__meta' }, el('span', {}, icon('list', 'icon icon--sm'), ` ${say('edit.n-questions', { n: card.question_count })}`), el('span', {}, icon('clock', 'icon icon--sm'), ` ${say('edit.n-minutes', { n: card.minutes })}`), el('span', {}, sayBy(`edit.${card.difficulty}`)), card.topic && el('span', { dir: 'auto' }, card.topic)),
    card.description && el('p', { class: 'one__text', dir: 'auto' }, card.description),
    card.owner && el('p', { class: 'quiz__by' }, avatar(card.owner.name, 'avatar--xs'), el('span', { dir: 'auto' }, say('edit.by', { name: card.owner.name }))),
    card.draft && el('p', { class: 'note' }, icon('info'), el('span', {}, say('edit.own-draft'))),
    el('div', { class: 'row row--wrap', id: 'ways' }, el('button', { class: 'btn btn--live', type: 'button', onclick: () => launch(id) }, icon('play'), ` ${say('edit.play')}`), card.own && el('a', { class: 'btn btn--line', href: `/quizzes/${id}/edit` }, icon('edit'), ` ${say('edit.edit')}`))));
}

void keepIcons();
try {
  const seen = await read(id);
  const { quiz } = seen;
  show(quiz ? { ...quiz, difficulty: quiz.difficulty ?? 'beginner', minutes: quiz.minutes ?? Math.max(1, (quiz.questions ?? []).length), question_count: (quiz.questions ?? []).length, own: true, draft: !seen.published_ts } : seen);
  if (seen.published_ts) await alone();
} catch (error) {
  needsSignIn(error, byId('place'));
}

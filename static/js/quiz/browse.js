// Finding a quiz, or one's own. The filters are in the address: back, reload and a link show the same.

import { byId, el, icon, keepIcons } from '../dom.js';
import { ask } from '../question.js';
import { Refused, uuid } from '../session.js';
import { figure, say, sayBy, whenShort } from '../words.js';
import { avatar } from '../live/board.js';
import { browse, create, own, topics } from './api.js';
import { needsSignIn } from './page.js';

const TYPING_MS = 250;
const LEVELS = /** @type {const} */ (['beginner', 'intermediate', 'advanced']);
let cursor = '';
let asked = 0;

const wanted = () => new URLSearchParams(location.search);
const isMine = () => wanted().has('mine');

/** @param {string} level */
function levelMark(level) {
  const at = LEVELS.indexOf(/** @type {any} */ (level));
  return el('span', { class: 'level' }, ...LEVELS.map((_, n) => el('i', { class: n <= at ? 'is-on' : undefined })), el('span', {}, sayBy(`edit.${level}`)));
}

/** @param {any} card */
function item(card) {
  const mine = isMine();
  const href = mine ? `/quizzes/${card.id}/edit` : `/quizzes/${card.id}`;
  const state = mine && el('span', { class: `badge ${card.published_ts ? 'badge--good' : 'badge--note'}` }, say(card.published_ts ? 'edit.is-published' : 'edit.is-draft'));
  return el('li', { class: 'quiz' }, card.image?.url ? el('img', { src: card.image.url, alt: card.image.alt ?? '', loading: 'lazy' }) : el('span', { class: 'quiz__blank stage', 'aria-hidden': 'true' }, icon('quiz')),
    el('div', { class: 'quiz__body' }, mine ? state : levelMark(card.difficulty), el('h2', {}, el('a', { href, dir: 'auto' }, card.title || say('edit.untitled'))), card.description && el('p', { class: 'quiet small', dir: 'auto' }, card.description),
      el('p', { class: 'quiz__meta' }, el('span', {}, icon('list', 'icon icon--sm'), ` ${say('edit.n-questions', { n: card.question_count })}`), card.minutes && el('span', {}, icon('clock', 'icon icon--sm'), ` ${say('edit.n-minutes', { n: card.minutes })}`)),
      el('p', { class: 'quiz__by' }, ...(mine ? [say('edit.changed-at', { time: whenShort(card.updated_ts) })] : [avatar(card.owner.name, 'avatar--xs'), el('span', { dir: 'auto' }, [card.owner.name, card.topic].filter(Boolean).join(', '))]))));
}

/** @param {boolean} [more] */
async function load(more = false) {
  const turn = ++asked;
  const params = wanted();
  params.delete('mine');
  if (more) params.set('cursor', cursor);
  else cursor = '';
  try {
    const page = isMine() ? await own(more ? cursor : '') : await browse(params);
    if (turn !== asked) return;
    cursor = page.next_cursor ?? '';
    const rows = page.items.map(item);
    const list = byId('quizzes');
    if (more) list.append(...rows);
    else list.replaceChildren(...rows);
    const none = list.children.length === 0;
    byId('none').hidden = !none;
    byId('none-line').textContent = none ? say(isMine() ? 'edit.none-mine' : params.toString() ? 'edit.none-found' : 'edit.none-yet') : '';
    byId('more').hidden = !cursor;
    byId('status').textContent = none ? '' : say(cursor ? 'edit.n-shown-more' : 'edit.n-shown', { n: list.children.length });
    if (more) /** @type {HTMLElement | null} */ (rows[0]?.querySelector('a'))?.focus();
  } catch (error) {
    needsSignIn(error, byId('results-place'));
  }
}

/** @param {string} name @param {string} value */
function filter(name, value) {
  const params = wanted();
  if (value) params.set(name, value);
  else params.delete(name);
  history.replaceState(null, '', `${location.pathname}${params.size ? `?${params}` : ''}`);
  void load();
  chips();
}

/** @type {{topic: string, quizzes: number}[]} */
let known = [];
function chips() {
  const now = wanted().get('topic') ?? '';
  byId('topics').replaceChildren(...[{ topic: '', quizzes: 0 }, ...known].map(({ topic, quizzes }) => el('button', { class: 'chip', type: 'button', dir: 'auto', 'aria-pressed': String(topic === now), onclick: () => filter('topic', topic) }, topic || say('edit.all-topics'), topic && ` ${figure(quizzes)}`)));
}

function write() {
  const title = el('input', { class: 'input', id: 'new-title', maxlength: '120', autocomplete: 'off', dir: 'auto' });
  const key = uuid();
  ask({ title: say('edit.new-quiz'), text: say('edit.new-quiz-text'), verb: say('edit.begin'), keep: say('edit.not-now'), busy: say('edit.saving'), bad: false, fields: [el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'new-title' }, say('edit.title')), title)], work: async () => {
    const { id } = await create({ title: title.value.trim() || say('edit.untitled'), questions: [] }, key);
    location.assign(`/quizzes/${id}/edit`);
    return say('edit.begin');
  } });
}

void keepIcons();
byId('write').addEventListener('click', write);
byId('more').addEventListener('click', () => void load(true));
const mine = isMine();
byId('heading').textContent = say(mine ? 'edit.my-quizzes' : 'edit.quizzes');
byId('other').textContent = say(mine ? 'edit.all-quizzes' : 'edit.my-quizzes');
byId('other').setAttribute('href', mine ? '/quizzes' : '/quizzes?mine');
for (const id of ['tools', 'topics']) byId(id).hidden = mine;
document.title = `${byId('heading').textContent} – AllThrive`;
const text = byId('text');
text.value = wanted().get('text') ?? '';
let typing = 0;
text.addEventListener('input', () => {
  globalThis.clearTimeout(typing);
  typing = globalThis.setTimeout(() => filter('text', text.value.trim()), TYPING_MS);
});
byId('tools').addEventListener('submit', (/** @type {Event} */ event) => event.preventDefault());
const difficulty = byId('difficulty');
difficulty.append(el('option', { value: '' }, say('edit.any-difficulty')), ...LEVELS.map((level) => el('option', { value: level }, sayBy(`edit.${level}`))));
difficulty.value = wanted().get('difficulty') ?? '';
difficulty.addEventListener('change', () => filter('difficulty', difficulty.value));
if (!mine) {
  topics().then((answer) => {
    known = answer.items ?? answer;
    chips();
  }).catch((error) => {
    if (!(error instanceof Refused)) throw error;
  });
}
void load();

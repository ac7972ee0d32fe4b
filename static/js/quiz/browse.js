// Finding a quiz, or one's own. The filters are in the address: back, reload and a link show the same.

import { byId, el, icon, keepIcons } from '../dom.js';
import { ask } from '../question.js';
import { Refused, uuid } from '../session.js';
import { figure, say, sayBy, whenShort } from '../words.js';
import { avatar } from '../live/board.js';
import { browse, create, own, page, topics } from './api.js';
import { needsSignIn } from './page.js';

const TYPING_MS = 250;
const LEVELS = /** @type {const} */ (['beginner', 'intermediate', 'advanced']);
let cursor = '';
let asked = 0;

const wanted = () => new URLSearchParams(location.search);

/**
 * What this page lists, by what stands in its address.
 * @type {Record<string, {name: () => string, none: () => string, read: (cursor: string) => Promise<any>, item: (one: any) => HTMLElement}>}
 */
const VIEWS = {
  '': { name: () => say('edit.all-quizzes'), none: () => say(wanted().size ? 'edit.none-found' : 'edit.none-yet'), read: (after) => browse(new URLSearchParams([...wanted(), ...(after ? [['cursor', after]] : [])])), item },
  mine: { name: () => say('edit.my-quizzes'), none: () => say('edit.none-mine'), read: own, item: ownItem },
  taken: { name: () => say('edit.my-attempts'), none: () => say('edit.none-taken'), read: (after) => page('me/attempts', after), item: attemptItem },
  live: { name: () => say('edit.my-games'), none: () => say('edit.none-live'), read: (after) => page('me/live', after), item: gameItem },
};
const chosen = Object.keys(VIEWS).find((view) => view && wanted().has(view)) ?? '';
const view = VIEWS[chosen];

/**
 * @param {any} picture @param {string} sign where there is none
 * @param {any} mark @param {string} href @param {string} title @param {...any} more
 */
const card = (picture, sign, mark, href, title, ...more) => el('li', { class: 'quiz' }, picture?.url ? el('img', { src: picture.url, alt: picture.alt ?? '', loading: 'lazy' }) : el('span', { class: 'quiz__blank stage', 'aria-hidden': 'true' }, icon(sign)),
  el('div', { class: 'quiz__body' }, mark, el('h2', {}, el('a', { href, dir: 'auto' }, title || say('edit.untitled'))), ...more));
/** @param {any} kept */
const about = (kept) => [kept.description && el('p', { class: 'quiet small', dir: 'auto' }, kept.description),
  el('p', { class: 'quiz__meta' }, el('span', {}, icon('list', 'icon icon--sm'), ` ${say('edit.n-questions', { n: kept.question_count })}`), kept.minutes && el('span', {}, icon('clock', 'icon icon--sm'), ` ${say('edit.n-minutes', { n: kept.minutes })}`))];
const badge = (/** @type {boolean} */ good, /** @type {string} */ words) => el('span', { class: `badge ${good ? 'badge--good' : 'badge--note'}` }, words);

/** @param {string} level */
function levelMark(level) {
  const at = LEVELS.indexOf(/** @type {any} */ (level));
  return el('span', { class: 'level' }, ...LEVELS.map((_, n) => el('i', { class: n <= at ? 'is-on' : undefined })), el('span', {}, sayBy(`edit.${level}`)));
}

/** @param {any} kept */
function item(kept) {
  return card(kept.image, 'quiz', levelMark(kept.difficulty), `/quizzes/${kept.id}`, kept.title, ...about(kept), el('p', { class: 'quiz__by' }, avatar(kept.owner.name, 'avatar--xs'), el('span', { dir: 'auto' }, [kept.owner.name, kept.topic].filter(Boolean).join(', '))));
}

/** @param {any} kept */
function ownItem(kept) {
  return card(kept.image, 'quiz', badge(Boolean(kept.published_ts), say(kept.published_ts ? 'edit.is-published' : 'edit.is-draft')), `/quizzes/${kept.id}/edit`, kept.title, ...about(kept), el('p', { class: 'quiz__by' }, say('edit.changed-at', { time: whenShort(kept.updated_ts) })));
}

/** @param {any} one */
function attemptItem(one) {
  const score = one.score && el('p', { class: 'quiz__meta' }, say('attempt.points-and', { points: one.score.points, most: one.score.most }));
  return card(null, 'list', badge(one.state !== 'in_progress', sayBy(`attempt.is-${one.state.replaceAll('_', '-')}`)), `/attempts/${one.id}`, one.title, score, el('p', { class: 'quiz__by' }, `${say('attempt.no', { n: one.no })}, ${whenShort(one.started_ts)}`));
}

/** A game that runs leads to its desk, one that is over to its report. @param {any} one */
function gameItem(one) {
  const mark = one.ended_ts ? badge(true, say('edit.is-over')) : el('span', { class: 'badge badge--live' }, say('card.live-now'));
  return card(null, 'live', mark, `/live/${one.room}/${one.ended_ts ? 'report' : 'host'}`, one.title, el('p', { class: 'quiz__meta' }, el('span', {}, icon('people', 'icon icon--sm'), ` ${say('edit.n-players', { n: one.players })}`)), el('p', { class: 'quiz__by' }, whenShort(one.created_ts)));
}

/** @param {boolean} [more] */
async function load(more = false) {
  const turn = ++asked;
  if (!more) cursor = '';
  try {
    const found = await view.read(cursor);
    if (turn !== asked) return;
    cursor = found.next_cursor ?? '';
    const rows = found.items.map(view.item);
    const list = byId('quizzes');
    if (more) list.append(...rows);
    else list.replaceChildren(...rows);
    const none = list.children.length === 0;
    byId('none').hidden = !none;
    byId('none-line').textContent = none ? view.none() : '';
    byId('more').hidden = !cursor;
    byId('status').textContent = none || chosen === 'taken' || chosen === 'live' ? '' : say(cursor ? 'edit.n-shown-more' : 'edit.n-shown', { n: list.children.length });
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
byId('heading').textContent = chosen ? view.name() : say('edit.quizzes');
byId('views').replaceChildren(...Object.entries(VIEWS).filter(([key]) => key !== chosen).map(([key, { name }]) => el('a', { class: 'btn btn--line', href: key ? `/quizzes?${key}` : '/quizzes' }, name())));
for (const id of ['tools', 'topics']) byId(id).hidden = chosen !== '';
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
if (!chosen) {
  topics().then((answer) => {
    known = answer.items ?? answer;
    chips();
  }).catch((error) => {
    if (!(error instanceof Refused)) throw error;
  });
}
void load();

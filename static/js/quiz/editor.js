// Writing a quiz: its questions on the left, one of them in the middle, the phone it will be seen on at the right.

import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { ask } from '../question.js';
import { Refused } from '../session.js';
import { answerForm } from '../live/answers.js';
import { launch } from '../live/launch.js';
import { figure, say, sayBy, timeOfDay } from '../words.js';
import { publish, read, remove } from './api.js';
import { area, field, idOf, ofKind, picture, select } from './fields.js';
import { Keeper, asideOf, forgetAside } from './keeper.js';
import { KINDS, POINTS, SECONDS, blank, changed as asKind, formOf } from './kinds.js';
import { faultWords, needsSignIn } from './page.js';
import { dragRows } from './drag.js';
import { rulesOf } from './rules.js';

const id = location.pathname.split('/')[2] ?? '';
/** @type {any} */
let quiz;
/** @type {Keeper} */
let keeper;
let published = false;
/** How it is taken alone. @type {HTMLElement | undefined} */
let alone;
/** The question that is shown; -1 is the quiz itself. */
let at = -1;
/** What does not fit, by its path in the quiz. @type {Map<string, string>} */
let faults = new Map();
/** What it lacks to be published: shown at the fields once publishing was tried. @type {import('./api.js').Fault[]} */
let lacks = [];
let isTried = false;

const kindName = (/** @type {string} */ type) => sayBy(`edit.kind-${type.replaceAll('_', '-')}`);
const STATES = { saved: 'edit.saved', waiting: 'edit.saving', saving: 'edit.saving', failed: 'edit.not-saved', refused: 'edit.refused', conflict: 'edit.conflict' };

/** @param {import('./keeper.js').KeepState} state @param {any} [answer] */
function told(state, answer) {
  const key = /** @type {any} */ (STATES)[state];
  byId('saved').replaceChildren(icon(state === 'saved' ? 'check' : state === 'saving' || state === 'waiting' ? 'clock' : 'alert', 'icon icon--sm'), ` ${say(key, /** @type {any} */ ({ time: timeOfDay(Date.now()) }))}`);
  const before = JSON.stringify([...faults]);
  if (state === 'refused' && answer) note(answer.errors);
  else if (answer?.lacks) {
    ({ lacks } = answer);
    note(isTried ? lacks : []);
    items();
  }
  if (before !== JSON.stringify([...faults])) draw(false);
  if (state === 'failed' || state === 'refused') announce(say(key, /** @type {any} */ ({ time: '' })));
  if (state === 'conflict') conflict();
}

/** @param {import('./api.js').Fault[]} errors */
function note(errors) {
  faults = new Map(errors.map((fault) => [fault.field, faultWords(fault)]));
}

/** Another tab or device has saved a newer one. */
function conflict() {
  ask({ title: say('edit.conflict-title'), text: say('edit.conflict-text'), verb: say('edit.load-newer'), keep: say('edit.stay'), busy: say('edit.loading'), bad: false, work: async () => {
    forgetAside(id);
    keeper.kept = keeper.changes;
    location.reload();
    return say('edit.load-newer');
  } });
}

function changed() {
  keeper.changed();
  items();
  preview();
}

/** @type {import('./fields.js').Desk} */
const desk = {
  get question() { return at < 0 ? quiz : quiz.questions[at]; },
  changed,
  redraw: () => draw(false),
  fault: (path) => faults.get(at < 0 ? path : `questions.${at}.${path}`) ?? '',
};

/** How many minutes it takes: time to answer, and some to read and to look at the answer. */
const minutes = () => Math.max(1, Math.round(quiz.questions.reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + (one.limit_ms ?? 30_000) + 15_000, 0) / 60_000));

/** @param {number} from @param {number} to @param {string} [way] the button that keeps the focus */
function move(from, to, way) {
  if (to < 0 || to >= quiz.questions.length || from === to) return;
  quiz.questions.splice(to, 0, ...quiz.questions.splice(from, 1));
  if (at === from) at = to;
  else if (from < at && to >= at) at -= 1;
  else if (from > at && to <= at && at >= 0) at += 1;
  keeper.changed();
  draw(false);
  announce(say('edit.moved', { n: from + 1, to: to + 1, of: quiz.questions.length }));
  if (way) /** @type {HTMLElement | null} */ (byId('questions').querySelector(`[data-at="${to}"] [data-way="${way}"]`))?.focus();
}

/** The list of questions. */
function items() {
  const open = [...faults.keys(), ...lacks.map((fault) => fault.field)];
  const hasFault = (/** @type {number} */ n) => open.some((path) => path.startsWith(`questions.${n}.`) || path === `questions.${n}`);
  const rows = quiz.questions.map((/** @type {any} */ question, /** @type {number} */ n) => {
    const button = (/** @type {string} */ way, /** @type {number} */ by) => el('button', { class: 'icon-btn', type: 'button', 'data-way': way, 'aria-label': say(by < 0 ? 'edit.question-up' : 'edit.question-down', { n: n + 1 }), 'aria-disabled': n + by < 0 || n + by >= quiz.questions.length ? 'true' : undefined, onclick: () => move(n, n + by, way) }, icon(way, 'icon icon--sm'));
    const seconds = question.limit_ms ? `, ${say('live.n-seconds', { n: question.limit_ms / 1000 })}` : '';
    const link = el('a', { class: 'qitem__link', href: `#q${n + 1}`, 'aria-current': n === at ? 'step' : undefined }, el('small', { class: 'num' }, `${figure(n + 1)}. ${kindName(question.type)}${seconds}`, hasFault(n) && el('span', { class: 'badge badge--bad' }, say('edit.to-fix'))), el('span', { dir: 'auto' }, question.stem || say('edit.untitled-question')));
    const row = el('li', { class: `qitem ${n === at ? 'is-current' : ''}`.trim(), 'data-at': String(n) }, el('span', { class: 'qitem__grip', 'aria-hidden': 'true' }, icon('grip', 'icon icon--sm')), link, el('span', { class: 'qitem__move' }, button('up', -1), button('down', 1)));
    return row;
  });
  byId('questions').replaceChildren(...rows);
  byId('todo').textContent = lacks.length && quiz.questions.length ? say('edit.n-to-publish', { n: lacks.length }) : '';
  byId('how-many').textContent = say('edit.n-questions', { n: quiz.questions.length });
  byId('how-long').textContent = quiz.questions.length ? say('edit.about-minutes', { n: quiz.minutes ?? minutes() }) : '';
  byId('about').classList.toggle('is-current', at < 0);
  byId('title').textContent = quiz.title || say('edit.untitled');
  document.title = `${quiz.title || say('edit.untitled')} – AllThrive`;
}

/** The quiz itself. */
function aboutFields() {
  const name = el('input', { class: 'input', maxlength: '120', dir: 'auto', autocomplete: 'off', id: idOf('title') });
  name.value = quiz.title;
  name.addEventListener('input', () => { quiz.title = name.value; changed(); });
  const topic = el('input', { class: 'input', maxlength: '40', dir: 'auto', autocomplete: 'off', id: idOf('topic') });
  topic.value = quiz.topic ?? '';
  topic.addEventListener('input', () => { quiz.topic = topic.value; changed(); });
  const language = el('input', { class: 'input', maxlength: '35', autocomplete: 'off', id: idOf('language'), placeholder: 'en' });
  language.value = quiz.language ?? '';
  language.addEventListener('input', () => {
    if (language.value.trim()) quiz.language = language.value.trim();
    else delete quiz.language;
    changed();
  });
  const wrong = (/** @type {string} */ path) => (faults.get(path) ? el('p', { class: 'field__error' }, icon('alert', 'icon icon--sm'), el('span', {}, faults.get(path))) : null);
  return el('form', { class: 'stack', novalidate: true, id: 'form', 'aria-labelledby': 'h', onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, el('h2', { class: 'display', id: 'h', tabindex: '-1' }, say('edit.about')), field(say('edit.title'), name, wrong('title')),
    area(desk, 'description', say('edit.description'), { rows: 3, most: 2000 }), el('div', { class: 'three' }, field(say('edit.topic'), topic, wrong('topic')), select(desk, 'difficulty', say('edit.difficulty'), ['beginner', 'intermediate', 'advanced'].map((one) => [one, sayBy(`edit.${one}`)]), (value) => { quiz.difficulty = value; }, quiz.difficulty ?? 'beginner'), field(say('edit.language'), language, wrong('language'), say('edit.language-help'))),
    picture(desk), (alone ??= rulesOf(id)), el('div', { class: 'row row--wrap danger' }, el('a', { class: 'btn btn--line', href: `/api/v1/quizzes/${id}/export?format=gift`, download: true }, icon('download'), say('edit.export-gift')), el('a', { class: 'btn btn--line', href: `/api/v1/quizzes/${id}/export?format=json`, download: true }, icon('download'), say('edit.export-json')), el('button', { class: 'btn btn--bad-line', type: 'button', onclick: erase }, icon('trash'), say('edit.delete-quiz'))));
}

/** One question. */
function questionFields() {
  const question = quiz.questions[at];
  const tools = el('div', { class: 'row' }, el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('edit.duplicate'), onclick: () => add(structuredClone(question), at + 1) }, icon('copy')), el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('edit.delete-question'), onclick: drop }, icon('trash')));
  const kind = select(desk, 'type', say('edit.kind'), KINDS.map((one) => [one, kindName(one)]), (value) => {
    quiz.questions[at] = asKind(question, /** @type {any} */ (value));
    draw(false);
    byId(idOf('type')).focus();
  }, question.type);
  const scored = !['survey', 'open', 'slide'].includes(question.type);
  const seconds = (question.limit_ms ?? 0) / 1000;
  const choices = [...new Set([...SECONDS, seconds])].sort((a, b) => (a || 1e9) - (b || 1e9));
  const time = question.type !== 'slide' && select(desk, 'limit_ms', say('edit.time'), choices.map((n) => [String(n), n ? say('edit.seconds', { n }) : say('edit.no-limit')]), (value) => {
    if (value === '0') delete question.limit_ms;
    else question.limit_ms = Number(value) * 1000;
  }, String(seconds));
  const points = scored && select(desk, 'points', say('edit.points'), POINTS.map((n) => [String(n), figure(n)]), (value) => { question.points = Number(value); }, String(question.points));
  return el('form', { class: 'stack', novalidate: true, id: 'form', 'aria-labelledby': 'h', onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    el('div', { class: 'row row--between row--wrap' }, el('h2', { class: 'display', id: 'h', tabindex: '-1' }, say('live.question-of', { n: at + 1, of: quiz.questions.length })), tools), kind,
    area(desk, 'stem', question.type === 'slide' ? say('edit.text') : say('live.question'), { most: 1000, optional: false, help: say('edit.stem-help') }), ...ofKind(desk), (time || points) && el('div', { class: 'three' }, time, points), area(desk, 'explanation', say('edit.why'), { rows: 3, most: 2000 }),
    el('details', { class: 'more-info', open: Boolean(question.hint || question.notes) }, el('summary', {}, say('edit.hint-notes')), el('div', { class: 'stack' }, area(desk, 'hint', say('edit.hint'), { most: 500 }), area(desk, 'notes', say('edit.notes'), { most: 2000 }))), picture(desk));
}

/** The phone. The form is the player's own, and sends nothing. */
function preview() {
  const question = quiz.questions[at];
  const phone = byId('phone');
  if (!question) {
    phone.replaceChildren(el('div', { class: 'live__bar' }, el('span', { class: 'strong small' }, say('edit.preview'))), el('div', { class: 'player player--mid' }, el('div', { class: 'empty' }, el('p', { class: 'player__q', dir: 'auto' }, quiz.title || say('edit.untitled')), el('p', { class: 'quiet' }, say('edit.n-questions', { n: quiz.questions.length })))));
    return;
  }
  const form = formOf(question);
  if (form && question.type === 'true_false') form.options = [{ id: 1, text: say('edit.true') }, { id: 0, text: say('edit.false') }];
  const body = form && form.form !== 'nothing' ? answerForm({ form: /** @type {any} */ (form), type: question.type, labelledby: 'phone-q', lang: quiz.language, state: 'open', send: () => {}, keep: () => {} }) : null;
  phone.replaceChildren(el('div', { class: 'live__bar' }, el('span', { class: 'strong num small' }, say('live.question-of', { n: at + 1, of: quiz.questions.length })), el('span', { class: 'small quiet' }, say('edit.preview'))),
    el('div', { class: 'player' }, question.image?.url && el('img', { class: 'player__img', src: question.image.url, alt: question.image.alt ?? '' }), el('div', { class: 'player__top' }, el('p', { class: 'player__q', id: 'phone-q', dir: 'auto', lang: quiz.language }, question.stem || '…'), question.limit_ms && el('span', { class: 'ring', 'aria-hidden': 'true' }, el('span', {}, figure(question.limit_ms / 1000)))), body));
  // The preview is looked at, not used: its ids are not those of the fields.
  for (const node of phone.querySelectorAll('input, select, button')) node.setAttribute('tabindex', '-1');
  phone.inert = true;
}

function draw(refocus = true) {
  items();
  const focused = document.activeElement?.id;
  byId('place').replaceChildren(at < 0 ? aboutFields() : questionFields());
  byId('place').setAttribute('aria-label', at < 0 ? say('edit.about') : say('live.question-of', { n: at + 1, of: quiz.questions.length }));
  preview();
  byId('publish').textContent = say(published ? 'edit.unpublish' : 'edit.publish');
  byId('play').hidden = quiz.questions.length === 0;
  if (refocus) byId('h').focus();
  else if (focused) document.getElementById(focused)?.focus();
}

/** @param {any} question @param {number} to */
function add(question, to) {
  quiz.questions.splice(to, 0, question);
  keeper.changed();
  location.hash = `q${to + 1}`;
  if (at === to) draw();
}

function drop() {
  const was = at;
  const [gone] = quiz.questions.splice(was, 1);
  at = Math.min(was, quiz.questions.length - 1);
  keeper.changed();
  history.replaceState(null, '', at < 0 ? location.pathname : `#q${at + 1}`);
  draw();
  const back = el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => {
    toast.remove();
    add(gone, was);
    at = was;
    draw();
  } }, say('edit.undo'));
  const toast = el('div', { class: 'toasts' }, el('div', { class: 'toast', role: 'status' }, el('span', {}, say('edit.question-deleted')), back));
  document.querySelector('.toasts')?.remove();
  document.body.append(toast);
  globalThis.setTimeout(() => toast.remove(), 8000);
}

function erase() {
  ask({ title: say('edit.delete-title'), text: say('edit.delete-text'), verb: say('edit.delete-quiz'), keep: say('edit.keep-quiz'), busy: say('edit.deleting'), work: async () => {
    await remove(id);
    forgetAside(id);
    keeper.kept = keeper.changes;
    location.assign('/quizzes?mine');
    return say('edit.deleted');
  } });
}

/** Publishes, or says all that is still to be done, and goes to the first of it. */
async function release() {
  if (!(await keeper.now())) return;
  if (!published && lacks.length) {
    tell(lacks);
    return;
  }
  try {
    const head = await publish(id, keeper.rev, !published);
    keeper.rev = head.rev;
    published = Boolean(head.published_ts);
    isTried = false;
    note([]);
    draw(false);
    announce(say(published ? 'edit.published' : 'edit.unpublished'));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 409) conflict();
    if (!error.errors.length) {
      announce(error.message);
      return;
    }
    tell(error.errors);
  }
}

/** Shows what is still to be done at its fields, and goes to the first of it. @param {import('./api.js').Fault[]} errors */
function tell(errors) {
  isTried = true;
  lacks = errors;
  note(lacks);
  const first = [...faults.keys()][0] ?? '';
  const question = /^questions\.(\d+)/.exec(first);
  at = question ? Number(question[1]) : -1;
  history.replaceState(null, '', at < 0 ? location.pathname : `#q${at + 1}`);
  draw(false);
  announce(say('edit.n-to-fix', { n: faults.size }));
  (byId('place').querySelector('[aria-invalid]') ?? byId('h')).focus();
}

/** To play it live; what it lacks for that is shown where it belongs. */
async function play() {
  if (!(await keeper.now())) return;
  launch(id, (errors) => {
    note(errors);
    draw(false);
    announce(say('edit.n-to-fix', { n: errors.length }));
  });
}

/** The list of questions on a phone, where it takes the place of the form. @param {boolean} open */
function unfold(open) {
  byId('all').setAttribute('aria-expanded', String(open));
  document.querySelector('.editor__items')?.classList.toggle('is-open', open);
}

function go() {
  unfold(false);
  const wanted = /^#q(\d+)$/.exec(location.hash);
  at = wanted ? Math.min(Number(wanted[1]) - 1, quiz.questions.length - 1) : -1;
  draw();
}

void keepIcons();
try {
  const kept = await read(id);
  if (!kept.quiz) location.replace(`/quizzes/${id}`);
  ({ quiz } = kept);
  quiz.questions ??= [];
  published = Boolean(kept.published_ts);
  ({ lacks } = kept);
  keeper = new Keeper(id, kept.rev, () => quiz, told);
  dragRows(byId('questions'), move);
  byId('add').addEventListener('click', () => add(blank('single_choice'), quiz.questions.length));
  byId('publish').addEventListener('click', () => void release());
  byId('all').addEventListener('click', () => unfold(byId('all').getAttribute('aria-expanded') !== 'true'));
  byId('see').addEventListener('click', () => {
    const isSeen = document.querySelector('.editor')?.classList.toggle('is-seen') ?? false;
    byId('see').setAttribute('aria-expanded', String(isSeen));
  });
  byId('play').addEventListener('click', () => void play());
  byId('saved').replaceChildren(icon('check', 'icon icon--sm'), ` ${say('edit.all-saved')}`);
  window.addEventListener('hashchange', go);
  document.addEventListener('language', () => draw(false));
  const aside = asideOf(id);
  if (aside && JSON.stringify(aside.quiz) === JSON.stringify(quiz)) forgetAside(id);
  else if (aside) {
    if (aside.rev === kept.rev) announce(say('edit.restored'));
    keeper.rev = aside.rev;
    quiz = aside.quiz;
    keeper.changed();
  }
  go();
} catch (error) {
  needsSignIn(error, byId('place'));
}

// What came of a session, for its hosts: as a whole, by question, by player, and as files.

import { byId, el, icon, keepIcons } from '../dom.js';
import { needsSignIn } from '../quiz/page.js';
import { call } from '../session.js';
import { figure, say, sayBy } from '../words.js';
import { avatar } from './board.js';
import { roomOfPage } from './seat.js';

const room = roomOfPage();
const SVG = 'http://www.w3.org/2000/svg';
/** So much better must the last third be than the first for a key to look wrong. */
const SUSPICIOUS = -0.2;
const SECOND = 1000;
const MINUTE = 60;

const percent = (/** @type {number | undefined | null} */ share) => (share === undefined || share === null ? '–' : say('live.percent', { percent: Math.round(share * 100) }));
const seconds = (/** @type {number | undefined | null} */ ms) => (ms === undefined || ms === null ? '–' : say('live.n-seconds', { n: (ms / SECOND).toFixed(1) }));

/** "11:40". @param {number} ms */
function lasted(ms) {
  const whole = Math.round(ms / SECOND);
  return `${Math.floor(whole / MINUTE)}:${String(whole % MINUTE).padStart(2, '0')}`;
}

/** @param {string} name @param {string} value @param {string} [more] */
const fact = (name, value, more) => el('div', { class: 'figure' }, el('dt', {}, name), el('dd', {}, value), more && el('dd', { class: 'figure__sub' }, more));

/** @param {any} whole */
function inShort(whole) {
  return el('section', { 'aria-labelledby': 'sum' }, el('h2', { class: 'vh', id: 'sum' }, say('live.in-short')), el('dl', { class: 'figures' },
    fact(say('live.players'), figure(whole.players)), fact(say('live.finished'), percent(whole.completion)),
    fact(say('live.mean-correct'), percent(whole.correct), say('live.of-scored', { n: whole.scored })), whole.duration_ms && fact(say('live.took'), lasted(whole.duration_ms))));
}

/** How many were right, wrong and silent; the figures stand beside it. @param {any} question */
function share(question) {
  const [right, silent] = [question.correct ?? 0, question.unanswered ?? 0];
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ class: 'share', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true' })) svg.setAttribute(name, value);
  const bar = (/** @type {string} */ look, /** @type {number} */ x, /** @type {number} */ width) => {
    const rect = document.createElementNS(SVG, 'rect');
    for (const [name, value] of Object.entries({ class: look, x, width: Math.max(0, width), height: 10 })) rect.setAttribute(name, String(value));
    svg.append(rect);
  };
  bar('share__rest', 0, 100);
  bar('share__good', 0, right * 100);
  bar('share__bad', right * 100, (1 - right - silent) * 100);
  return svg;
}

/** @param {any} question */
const isSuspicious = (question) => (question.discrimination ?? 0) <= SUSPICIOUS && !question.voided;

/** @param {any} question */
function row(question) {
  const scored = question.correct !== undefined && question.correct !== null;
  const line = (/** @type {string} */ name, /** @type {string} */ value) => el('div', {}, el('dt', {}, name), el('dd', { class: 'num' }, value));
  const given = question.answers.length > 0 && el('details', { class: 'small' }, el('summary', {}, say('live.its-answers')),
    el('ul', { class: 'stack stack--sm', role: 'list' }, ...question.answers.map((/** @type {any} */ one) => el('li', {}, el('span', { dir: 'auto' }, one.text), ` × ${figure(one.count)} `, one.right && el('span', { class: 'pill-correct' }, icon('check', 'icon icon--sm'), ` ${say('live.correct')}`)))));
  const data = question.voided ? el('p', { class: 'small quiet' }, say('live.voided-line'))
    : el('div', { class: 'qreport__data' }, scored && share(question), el('dl', { class: 'qreport__facts' }, line(say('live.correct'), percent(question.correct)), line(say('live.no-answer'), percent(question.unanswered)), line(say('live.median'), seconds(question.median_ms))),
      question.distractor && el('p', { class: 'small quiet' }, say('live.distractor', { answer: question.distractor })), given);
  return el('li', { class: 'qreport__row', id: `q${question.q + 1}` }, el('div', { class: 'qreport__q' }, el('span', { class: 'qreport__no num', 'aria-hidden': 'true' }, figure(question.q + 1)),
    el('div', {}, el('h3', { dir: 'auto' }, question.stem), el('p', { class: 'small quiet' }, sayBy(`edit.kind-${question.type.replaceAll('_', '-')}`), question.voided && ' ', question.voided && el('span', { class: 'badge' }, say('live.voided')), isSuspicious(question) && ' ', isSuspicious(question) && el('span', { class: 'badge badge--warn' }, say('live.check-key'))))), data);
}

/** @param {any[]} players */
function table(players) {
  const head = ['live.name', 'live.correct', 'live.points', 'live.median', 'live.best-streak', 'live.place', 'live.missed'];
  const cell = (/** @type {string} */ key, /** @type {string} */ value, strong = false) => el('td', { class: strong ? 'num strong' : 'num', 'data-label': sayBy(key) }, value);
  const rows = players.map((one) => el('tr', {}, el('th', { scope: 'row' }, el('span', { class: 'row' }, avatar(one.name, 'avatar--sm'), el('span', { dir: 'auto' }, one.name), !one.user && el('span', { class: 'badge badge--note' }, say('live.guest')))),
    cell('live.correct', say('live.n-of', { n: one.correct, of: one.scored }), true), cell('live.points', figure(one.points)), cell('live.median', seconds(one.median_ms)), cell('live.best-streak', figure(one.best_streak)),
    cell('live.place', one.rank ? figure(one.rank) : '–'), cell('live.missed', one.missed.map((/** @type {number} */ q) => figure(q + 1)).join(', ') || '–')));
  return el('div', { class: 'card' }, el('div', { class: 'table-wrap', role: 'region', 'aria-label': say('live.players-by'), tabindex: '0' },
    el('table', { class: 'table' }, el('caption', { class: 'vh' }, say('live.players-by')), el('thead', {}, el('tr', {}, ...head.map((key) => el('th', { scope: 'col' }, sayBy(key))))), el('tbody', {}, ...rows))));
}

/** @param {any} report */
function show({ session, players, questions }) {
  document.title = `${say('live.report')}: ${session.title} – AllThrive`;
  const file = (/** @type {string} */ format, /** @type {string} */ name) => el('a', { class: 'btn btn--line', href: `/api/v1/live/${room}/report?format=${format}`, download: `report.${format}` }, icon('download'), name);
  const wrong = questions.find(isSuspicious);
  byId('place').replaceChildren(...[
    el('header', { class: 'page-head' }, el('div', {}, el('p', { class: 'crumb' }, el('a', { class: 'more', href: '/quizzes' }, icon('arrow-left', 'icon icon--sm'), ` ${say('edit.all-quizzes')}`)), el('h1', { tabindex: '-1', dir: 'auto' }, session.title)),
      el('div', { class: 'row row--wrap' }, file('csv', 'CSV'), file('xlsx', 'XLSX'), file('json', 'JSON'))),
    inShort(session),
    wrong && el('div', { class: 'note note--warn' }, icon('alert'), el('p', {}, el('strong', {}, say('live.look-at', { n: wrong.q + 1 })), ' ', say('live.looks-wrong'), ' ', el('a', { href: `#q${wrong.q + 1}` }, say('live.its-answers')))),
    el('section', { 'aria-labelledby': 'qs' }, el('div', { class: 'section-head' }, el('h2', { id: 'qs' }, say('live.questions')), el('ul', { class: 'legend', role: 'list' }, ...[['legend__key--good', 'live.correct'], ['legend__key--bad', 'live.wrong'], ['', 'live.no-answer']].map(([look, key]) => el('li', {}, el('i', { class: `legend__key ${look}`.trim() }), ` ${sayBy(key)}`)))),
      questions.length ? el('ol', { class: 'qreport card', role: 'list' }, ...questions.map(row)) : el('p', { class: 'quiet' }, say('live.nothing-asked'))),
    el('section', { 'aria-labelledby': 'pl' }, el('div', { class: 'section-head' }, el('h2', { id: 'pl' }, say('live.players'))), players.length ? table(players) : el('p', { class: 'quiet' }, say('live.nobody-played'))),
  ].filter(Boolean));
}

void keepIcons();
try {
  show(await call('GET', `live/${room}/report`));
} catch (error) {
  needsSignIn(error, byId('place'));
}

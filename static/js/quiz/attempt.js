// A quiz taken alone: one question after the other, each answer kept as it is given, and what came of it at the end.

import { announce, byId, el, figure, icon, keepIcons } from '../dom.js';
import { answerForm } from '../live/answers.js';
import { solutionWords } from '../live/tiles.js';
import { ask } from '../question.js';
import { Refused, call, uuid } from '../session.js';
import { say, timeOfDay } from '../words.js';
import { needsSignIn } from './page.js';
import { nameSides, reviews, verdictWords } from './review.js';

const id = location.pathname.split('/')[2] ?? '';
const AGAIN_MS = 3000;
const WARN_MS = 60_000;
const unsentKey = `allthrive.attempt.${id}`;

/** @type {any} */
let attempt;
/** The question that is shown. */
let at = 0;
/** What is typed and not sent, by question. @type {Map<number, any>} */
const drafts = new Map();
/** Answers that are not acknowledged yet, by question; also kept in this browser. @type {Record<string, {cmid: string, choice: any}>} */
let unsent = {};
/** What the server said to an answer that it did not take. @type {Map<number, string>} */
const problems = new Map();
let saved = 0;
let ends = Infinity;
let warned = false;
let sending = false;

const isOpen = () => attempt.state === 'in_progress';
const isAnswered = (/** @type {any} */ question, /** @type {number} */ n) => Boolean(question.answer || unsent[n]);
const asked = () => attempt.questions.filter((/** @type {any} */ one) => one.type !== 'slide');

function keepUnsent() {
  try {
    if (Object.keys(unsent).length) localStorage.setItem(unsentKey, JSON.stringify(unsent));
    else localStorage.removeItem(unsentKey);
  } catch {
    // No storage: they are sent as long as the page is open.
  }
}

/** @param {any} now what the server says */
function take(now) {
  attempt = now;
  nameSides(now.questions);
  ends = now.deadline_in_ms === undefined ? Infinity : performance.now() + now.deadline_in_ms;
  document.title = `${now.title} – AllThrive`;
  byId('bar').textContent = now.title;
  byId('back').setAttribute('href', `/quizzes/${now.quiz}`);
}

/** @param {number} q @param {any} choice */
function send(q, choice) {
  drafts.delete(q);
  problems.delete(q);
  unsent[q] = { cmid: uuid(), choice };
  keepUnsent();
  draw(false);
  void flush();
}

/** Sends what is not acknowledged, one after the other, until all of it is. */
async function flush() {
  if (sending) return;
  sending = true;
  for (;;) {
    const [q] = Object.keys(unsent);
    if (q === undefined) break;
    const answer = unsent[q];
    try {
      const told = await call('PUT', `attempts/${id}/answers/${q}`, { body: answer });
      saved = Date.now();
      Object.assign(attempt.questions[Number(q)], { answer: answer.choice, ...(told.verdict ? { verdict: told.verdict } : {}) });
      if (unsent[q] === answer) delete unsent[q];
      announce(told.verdict ? verdictWords(told.verdict) : say('attempt.saved', { time: timeOfDay(saved) }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.isOffline || error.status === 429 || error.status >= 500) {
        draw(false);
        await new Promise((resolve) => globalThis.setTimeout(resolve, (error.afterSeconds ?? 0) * 1000 || AGAIN_MS));
        continue;
      }
      if (unsent[q] === answer) delete unsent[q];
      problems.set(Number(q), error.message);
      announce(error.message);
      if (error.code === 'attempt_ended') await look();
    }
    keepUnsent();
    draw(false);
  }
  sending = false;
}

/** How it stands by the server. */
async function look() {
  take(await call('GET', `attempts/${id}`));
  draw(!isOpen());
}

/** What is right, and why. @param {any} question */
function verdictCard(question) {
  const { verdict } = question;
  const words = verdict.credit === 1000 ? [] : solutionWords(verdict.solution, question.form);
  return el('section', { class: `explain verdict-card ${verdict.credit === 1000 ? 'is-good' : ''}`.trim() }, el('h2', {}, verdictWords(verdict), verdict.points !== undefined && ` · ${say('attempt.n-points', { n: verdict.points })}`),
    words.length > 0 && el('p', { lang: attempt.language }, `${say('attempt.right')} `, el('strong', { dir: 'auto' }, words.join(' · '))),
    ...verdict.feedback.map((/** @type {string} */ text) => el('p', { dir: 'auto', lang: attempt.language }, text)),
    verdict.explanation && el('p', { dir: 'auto', lang: attempt.language }, verdict.explanation));
}

/** @param {any} form @param {any} given what the form holds again */
function draftOf(form, given) {
  if (!given) return undefined;
  return given.options ?? given.text ?? (given.number !== undefined ? String(given.number) : undefined) ?? given.order ?? given.pairs;
}

/** One question. */
function question() {
  const one = attempt.questions[at];
  const given = unsent[at]?.choice ?? one.answer;
  const isFixed = Boolean(one.verdict);
  const state = isFixed ? 'kept' : 'open';
  const body = one.type === 'slide' ? null : answerForm({ form: one.form, type: one.type, labelledby: 'q', lang: attempt.language, state, given: isFixed ? given : null, draft: drafts.get(at) ?? draftOf(one.form, given), send: (choice) => send(at, choice), keep: (draft) => drafts.set(at, draft) });
  const note = unsent[at] ? ['clock', say('live.sending')] : one.answer && !isFixed ? ['check', say('attempt.kept-change')] : null;
  return [el('p', { class: 'small quiet num' }, say('live.question-of', { n: at + 1, of: attempt.questions.length }), one.points > 0 && ` · ${say('attempt.n-points', { n: one.points })}`),
    el('h1', { id: 'q', tabindex: '-1', dir: 'auto', lang: attempt.language }, one.stem),
    one.image && el('img', { class: 'player__img', src: one.image.url, alt: one.image.alt }),
    one.hint && !isFixed && el('details', { class: 'more-info' }, el('summary', {}, say('live.hint')), el('p', { dir: 'auto', lang: attempt.language }, one.hint)),
    problems.has(at) && el('p', { class: 'field__error' }, icon('alert', 'icon icon--sm'), el('span', {}, problems.get(at) ?? '')),
    body, note && el('p', { class: 'lock-note' }, icon(note[0]), el('span', {}, note[1])), isFixed && verdictCard(one)];
}

/** Below the question: where one is, and on. */
function foot() {
  const n = asked().filter((/** @type {any} */ one) => isAnswered(one, attempt.questions.indexOf(one))).length;
  const last = at === attempt.questions.length - 1;
  const step = (/** @type {number} */ by) => () => {
    leave();
    location.hash = `q${at + by + 1}`;
  };
  return [el('button', { class: 'btn btn--quiet', type: 'button', disabled: at === 0, onclick: step(-1) }, icon('left'), ` ${say('attempt.back')}`),
    el('span', { class: 'num' }, say('attempt.answered', { n, of: asked().length })),
    last ? el('button', { class: 'btn btn--live', type: 'button', onclick: handIn }, say('attempt.hand-in')) : el('button', { class: 'btn btn--live', type: 'button', onclick: step(1) }, say('attempt.next'), icon('right'))];
}

/** What stands in the form goes along, if it is an answer. */
function leave() {
  if (drafts.has(at)) document.querySelector('main form')?.dispatchEvent(new Event('submit', { cancelable: true }));
}

function handIn() {
  leave();
  const open = asked().filter((/** @type {any} */ one) => !isAnswered(one, attempt.questions.indexOf(one))).length;
  ask({ title: say('attempt.hand-in-title'), text: open ? say('attempt.open-left', { n: open }) : say('attempt.all-answered'), verb: say('attempt.hand-in'), keep: say('attempt.go-on'), busy: say('live.sending'), bad: false, work: async () => {
    await flush();
    take(await call('POST', `attempts/${id}/submit`));
    draw(true);
    return say('attempt.ended');
  } });
}

/** What came of it. */
function result() {
  const { score, rules } = attempt;
  const later = rules.closes_ts && rules.feedback === 'after_close' ? say('attempt.later', { time: new Date(rules.closes_ts).toLocaleString(document.documentElement.lang) }) : say('attempt.not-told');
  return [el('h1', { tabindex: '-1', id: 'q' }, say(attempt.state === 'auto_submitted' ? 'attempt.time-over' : attempt.state === 'abandoned' ? 'attempt.given-up' : 'attempt.ended')),
    score ? el('section', { class: 'result' }, el('p', { class: 'result__pts' }, figure(score.points)), el('p', {}, say('attempt.points-of', { most: score.most })), el('p', { class: 'strong' }, say('attempt.correct-of', { n: score.correct, of: score.of }))) : el('p', { class: 'lock-note lock-note--wait' }, icon('clock'), el('span', {}, later)),
    el('p', {}, el('a', { class: 'btn btn--line', href: `/quizzes/${attempt.quiz}` }, say('attempt.to-quiz'))),
    el('h2', { class: 'review__title' }, say('attempt.every-answer')), reviews(attempt.questions, attempt.language)];
}

/** @param {boolean} refocus */
function draw(refocus) {
  const focused = document.activeElement instanceof HTMLInputElement ? `input[value="${CSS.escape(document.activeElement.value)}"]` : '';
  const inForm = Boolean(document.activeElement?.closest('main form'));
  byId('content').replaceChildren(...(isOpen() ? question() : result()).filter(Boolean));
  byId('foot').replaceChildren(...(isOpen() ? foot() : []));
  byId('foot').hidden = !isOpen();
  const again = inForm && focused ? byId('content').querySelector(focused) : null;
  if (refocus || (inForm && !again)) byId('q').focus();
  else again?.focus();
}

function tick() {
  const left = ends - performance.now();
  const seconds = Math.max(0, Math.ceil(left / 1000));
  byId('left').textContent = Number.isFinite(left) && isOpen() ? `${figure(Math.floor(seconds / 60))}:${String(seconds % 60).padStart(2, '0')}` : '';
  if (!isOpen()) return;
  if (left < WARN_MS && !warned) {
    warned = true;
    announce(say('attempt.minute-left'));
  }
  if (left < -600) {
    ends = Infinity;
    void look();
  }
}

function go() {
  const wanted = /^#q(\d+)$/.exec(location.hash);
  const first = attempt.questions.findIndex((/** @type {any} */ one) => one.type !== 'slide' && !one.answer);
  at = wanted ? Math.min(Math.max(Number(wanted[1]) - 1, 0), attempt.questions.length - 1) : Math.max(first, 0);
  // The way back leads to this question, whatever is answered by then.
  if (!wanted && isOpen()) history.replaceState(null, '', `#q${at + 1}`);
  draw(true);
}

void keepIcons();
try {
  take(await call('GET', `attempts/${id}`));
  unsent = isOpen() ? JSON.parse(localStorage.getItem(unsentKey) ?? '{}') : {};
  if (!isOpen()) localStorage.removeItem(unsentKey);
  window.addEventListener('hashchange', go);
  window.addEventListener('online', () => void flush());
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && isOpen() && void look().catch(() => {}));
  document.addEventListener('language', () => draw(false));
  window.setInterval(tick, 500);
  go();
  tick();
  void flush();
} catch (error) {
  needsSignIn(error, byId('content'));
}

// The own result of a session that is over, to come back to.

import { byId, el, figure, icon, keepIcons } from '../dom.js';
import { needsSignIn } from '../quiz/page.js';
import { nameSides, reviews } from '../quiz/review.js';
import { Refused, accessExpires, call, plain } from '../session.js';
import { say } from '../words.js';
import { roomOfPage, seatOf } from './seat.js';

const room = roomOfPage();
const { key } = seatOf(room);
/** @type {any} */
let result;

/** As a guest with the key that this browser keeps; else as the account. */
async function look() {
  if (accessExpires() > 0) {
    try {
      return await call('POST', `live/${room}/result`, { body: {} });
    } catch (error) {
      // One may have played as a guest before one signed in.
      if (!(error instanceof Refused && (error.status === 404 || error.status === 401) && key)) throw error;
    }
  }
  return plain('POST', `live/${room}/result`, { body: key ? { key } : {} });
}

function draw() {
  const { standing, questions } = result;
  document.title = `${say('result.title')} – ${result.title} – AllThrive`;
  byId('bar').textContent = result.title;
  const cell = (/** @type {string} */ name, /** @type {string} */ value) => el('div', {}, el('dt', {}, name), el('dd', {}, value));
  const place = standing && el('section', { class: 'result' }, el('p', { class: 'result__pts' }, figure(standing.points)), el('p', {}, say('result.points')),
    el('dl', { class: 'result__grid' }, cell(say('live.place'), say('live.rank-of', { rank: standing.rank, of: standing.of })), cell(say('live.correct'), say('live.n-of', { n: standing.correct, of: standing.scored })), cell(say('live.best-streak'), figure(standing.best_streak))));
  byId('content').replaceChildren(el('h1', { tabindex: '-1' }, say('result.of', { name: result.name })), ...[place].filter(Boolean),
    el('h2', { class: 'review__title' }, say('attempt.every-answer')), questions.length ? reviews(questions, result.language) : el('p', { class: 'quiet' }, say('result.nothing')));
}

void keepIcons();
try {
  result = await look();
  nameSides(result.questions);
  draw();
  document.addEventListener('language', () => {
    nameSides(result.questions);
    draw();
  });
} catch (error) {
  const waits = error instanceof Refused && error.code === 'session_running';
  if (waits) {
    byId('content').replaceChildren(el('div', { class: 'empty' }, icon('clock', 'icon icon--xl'), el('h1', {}, say('result.not-yet')), el('p', {}, say('result.not-yet-more')),
      el('a', { class: 'btn btn--live', href: `/live/${room}` }, say('result.to-game'))));
  } else if (error instanceof Refused && error.status === 404) {
    byId('content').replaceChildren(el('div', { class: 'empty' }, icon('info', 'icon icon--xl'), el('h1', {}, say('result.none')), el('p', {}, say('result.none-more')),
      el('a', { class: 'btn btn--line', href: '/join' }, say('live.another-pin'))));
  } else needsSignIn(error, byId('content'));
}

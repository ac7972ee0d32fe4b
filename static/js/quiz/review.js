// What came of a quiz, question by question: the own answer, what is right, and why.

import { el, icon } from '../dom.js';
import { givenWords } from '../live/answers.js';
import { solutionWords } from '../live/tiles.js';
import { say } from '../words.js';

/** True stands before false; their words are the page's. @param {any[]} questions */
export function nameSides(questions) {
  for (const one of questions) {
    if (one.type === 'true_false') one.form.options.forEach((/** @type {any} */ option, /** @type {number} */ n) => { option.text = say(n ? 'edit.false' : 'edit.true'); });
  }
}

/** @param {any} verdict */
export const verdictWords = (verdict) => (verdict.credit === undefined ? say('attempt.thanks') : say(verdict.credit === 1000 ? 'live.correct' : verdict.credit > 0 ? 'live.partly' : 'live.not-this-time'));

/** @param {any} verdict */
const marks = (verdict) => (verdict.credit === undefined ? ['note', 'info'] : verdict.credit === 1000 ? ['good', 'check'] : verdict.credit > 0 ? ['note', 'minus'] : ['bad', 'close']);

/** One question. @param {any} one @param {string | undefined} lang */
function review(one, lang) {
  const { verdict } = one;
  const said = verdict && (one.voided ? say('live.voided') : verdictWords(verdict) + (one.earned ? ` · ${say('attempt.n-points', { n: one.earned })}` : ''));
  const [kind, sign] = verdict && !one.voided ? marks(verdict) : ['note', 'info'];
  const right = verdict && verdict.credit !== 1000 ? solutionWords(verdict.solution, one.form) : [];
  return el('li', { class: 'review' }, el('h3', { dir: 'auto', lang }, one.stem), said && el('p', {}, el('span', { class: `badge badge--${kind}` }, icon(sign), ` ${said}`)),
    el('p', { class: 'quiet' }, `${say('live.your-answer')}: `, el('span', { dir: 'auto', lang }, one.answer ? givenWords(one.answer, one.form) : say('attempt.none'))),
    right.length > 0 && el('p', {}, `${say('attempt.right')} `, el('strong', { dir: 'auto', lang }, right.join(' · '))),
    verdict?.explanation && el('p', { dir: 'auto', lang }, verdict.explanation));
}

/** All of them but slides. @param {any[]} questions @param {string | undefined} lang */
export const reviews = (questions, lang) => el('ol', { class: 'reviews', role: 'list' }, ...questions.filter((one) => one.type !== 'slide').map((one) => review(one, lang)));

// The options of a question as tiles: a letter, a shape, a colour and the text, in this order of certainty.

import { el, icon } from '../dom.js';
import { figure, say } from '../words.js';

export const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L'];
/** Shapes and colours there are; a ninth option begins anew, its letter tells them apart. */
const SHAPES = 8;

/** @param {number} at */
export const letterOf = (at) => LETTERS[at] ?? String(at + 1);

/** @param {number} at */
const shape = (at) => 'abcdefgh'[at % SHAPES];

/** @param {number} at */
export function mark(at) {
  return el('span', { class: 'tile__mark' }, el('span', {}, letterOf(at)), icon(`shape-${shape(at)}`, ''));
}

/** @param {{text: string, image?: {url: string, alt: string}}} option @param {string} [lang] */
export function wording(option, lang) {
  const picture = option.image && el('img', { class: 'tile__img', src: option.image.url, alt: option.image.alt, loading: 'lazy' });
  return el('span', { dir: 'auto', lang }, picture, option.text);
}

/** @param {number} at @param {string} [state] */
export const classes = (at, state = '') => `tile tile--${shape(at)} ${state}`.trim();

/**
 * A list of options to be looked at.
 * @param {any[]} options
 * @param {string} [lang]
 */
export function shownTiles(options, lang) {
  return el('ol', { class: 'tiles', role: 'list' }, ...options.map((option, at) => el('li', { class: classes(at) }, mark(at), wording(option, lang))));
}

/** "63 %" of so many; nobody is nothing of nobody. @param {number} n @param {number} of */
export const share = (n, of) => (of ? Math.round((100 * n) / of) : 0);

/**
 * The options with how many chose each, and which are right if that is known.
 * @param {any[]} options
 * @param {{answered: number, options?: Record<string, number>}} votes
 * @param {number[] | null} right
 * @param {{lang?: string, label?: string, key?: string}} [how] `key`: what stands at a right one
 */
export function bars(options, votes, right, { lang, label, key = say('live.correct') } = {}) {
  return el('ol', { class: 'tiles', role: 'list', 'aria-label': label }, ...options.map((option, at) => {
    const n = votes.options?.[option.id] ?? 0;
    const percent = share(n, votes.answered);
    const bar = el('span', { class: 'tile__bar' });
    bar.style.setProperty('--p', String(percent));
    const isRight = right?.includes(option.id);
    const said = el('span', { class: 'row row--wrap' }, wording(option, lang), isRight && el('span', { class: 'pill-correct' }, icon('check', 'icon icon--sm'), ` ${key}`));
    return el('li', { class: classes(at, isRight ? 'is-bar is-correct' : 'is-bar') }, mark(at), said,
      el('span', { class: 'tile__track', 'aria-hidden': 'true' }, bar),
      el('span', { class: 'tile__n' }, figure(n), el('span', { class: 'tile__pct' }, say('live.percent', { percent }))));
  }));
}

/**
 * What is right, in words.
 * @param {any} solution
 * @param {any} form
 */
export function solutionWords(solution, form) {
  const named = (/** @type {any[]} */ list, /** @type {number} */ id) => list.find((option) => option.id === id)?.text ?? '';
  if (solution.is === 'options') {
    const options = form.options ?? [];
    return solution.right.map((/** @type {number} */ id) => {
      const at = options.findIndex((/** @type {any} */ option) => option.id === id);
      return `${letterOf(at)}, ${named(options, id)}`;
    });
  }
  if (solution.is === 'text') return solution.accepted;
  if (solution.is === 'number') return [solution.tolerance ? say('live.give-or-take', { value: solution.value, tolerance: solution.tolerance }) : figure(solution.value)];
  if (solution.is === 'order') return solution.order.map((/** @type {number} */ id) => named(form.items ?? [], id));
  if (solution.is === 'pairs') return solution.pairs.map((/** @type {[number, number]} */ [left, right]) => `${named(form.left ?? [], left)} – ${named(form.right ?? [], right)}`);
  return [];
}

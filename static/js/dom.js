// The few things every page needs from the DOM: elements, icons, the one live region.

import { figure, intl } from './words.js';

export { dayName, figure, timeOfDay, whenShort } from './words.js';

/**
 * Makes an element. Strings become text, so nothing that people wrote is ever read as markup.
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on…` takes a listener, `class` and `dataset` what they say,
 *   `true` sets an empty attribute, `false`, `null` and `undefined` leave it out
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {any}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => typeof child === 'string' || child instanceof Node));
  return node;
}

const SVG = 'http://www.w3.org/2000/svg';
/** Beside this script, and of its edition. */
let sprite = new URL('../icons.svg', import.meta.url).pathname;

/**
 * Takes the sprite into the page, so that an icon shown for the first time while offline is there. Its
 * ids get a `#` in front: no id of the page has one, and the address of an icon still ends in `#name`.
 */
export async function keepIcons() {
  const answer = await fetch(sprite).catch(() => null);
  if (!answer?.ok) return;
  const kept = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml').documentElement;
  for (const symbol of kept.querySelectorAll('symbol')) symbol.id = `#${symbol.id}`;
  kept.setAttribute('aria-hidden', 'true');
  kept.setAttribute('hidden', '');
  document.body.append(kept);
  sprite = '#';
  for (const use of document.querySelectorAll('use')) use.setAttribute('href', (use.getAttribute('href') ?? '').replace(/^.*\/icons\.svg/, sprite));
}

/**
 * An icon from the sprite. Always hidden from screen readers: the words stand beside it.
 * @param {string} name
 * @param {string} [classes]
 */
export function icon(name, classes = 'icon') {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', classes);
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * The element with this id; a page without it is a mistake of ours.
 * @param {string} id
 * @returns {any}
 */
export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`#${id} is not on this page`);
  return node;
}

const GAP_MS = 2000;
/** @type {string[]} */
let waiting = [];
let speaking = 0;

/**
 * Says a whole sentence in the page's one polite region, at most one every two seconds.
 * @param {string} sentence
 */
export function announce(sentence) {
  waiting.push(sentence);
  if (!speaking) speak();
}

function speak() {
  const sentence = waiting.shift();
  if (!sentence) {
    speaking = 0;
    return;
  }
  byId('announce').textContent = sentence;
  speaking = window.setTimeout(speak, GAP_MS);
}

/** Forgets what has not been said yet and says this instead. @param {string} sentence */
export function announceInstead(sentence) {
  waiting = [];
  announce(sentence);
}

/**
 * "1 message", "2 messages": the sentence of this number, `#` is where it stands.
 * @param {number} n
 * @param {string} one
 * @param {string} other
 */
export function plural(n, one, other) {
  return (intl(Intl.PluralRules).select(n) === 'one' ? one : other).replace('#', figure(n));
}

/** The local day, for telling whether two messages share one. @param {number} ts unix milliseconds */
export const dayKey = (ts) => new Date(ts).toDateString();

// What the pages say, in the language that the person chose: `say` for text, `parts` for text with elements
// in it, and numbers, times and lists as that language writes them. The texts stand in `static/words/`.

import { en } from '../words/en.js';

/**
 * @typedef {typeof en} Catalogue
 * @typedef {keyof Catalogue} Key
 * @typedef {'en' | 'de'} Language
 * @typedef {{one: string, other: string}} Plural the form is chosen by the value `n`
 */
/** @template T @typedef {T extends `${string}{${infer N}}${infer R}` ? N | Names<R> : never} Names what stands in braces */
/** @template {Key} K @typedef {Names<Catalogue[K] extends string ? Catalogue[K] : Catalogue[K][keyof Catalogue[K]]>} NamesOf */
/** @template {Key} K @template V @typedef {[NamesOf<K>] extends [never] ? [] : [Record<NamesOf<K>, V>]} Values */
/** Another language has the same keys. @template T @typedef {{[K in keyof T]: string | Plural}} Like */

/** Each by its own name. @type {{tag: Language, name: string}[]} */
export const LANGUAGES = [{ tag: 'en', name: 'English' }, { tag: 'de', name: 'Deutsch' }];
const KEY = 'allthrive.language';

/** @type {Language} */
let tongue = 'en';
/** @type {Like<Catalogue>} */
let catalogue = en;

/** The language of the page. */
export const language = () => tongue;

/** @param {Language} wanted @returns {Promise<void>} the language stays what it was if its words cannot be had */
async function load(wanted) {
  catalogue = wanted === 'de' ? (await import('../words/de.js')).de : en;
  tongue = wanted;
}

/** @param {Key} key @param {any} [values] */
function sentence(key, values) {
  const text = catalogue[key];
  if (typeof text === 'string') return text;
  return intl(Intl.PluralRules).select(values?.n ?? 0) === 'one' ? text.one : text.other;
}

const BRACES = /\{(\w+)\}/;

/**
 * Text with each `{name}` replaced; numbers are written as the language writes them.
 * @type {<K extends Key>(key: K, ...values: Values<K, string | number>) => string}
 */
export const say = (key, ...[values]) => sentence(key, values).split(BRACES).map((part, at) => (at % 2 ? worded(/** @type {any} */ (values)?.[part]) : part)).join('');

/**
 * The same by a key that is made while the page runs: `kind-${type}`.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export const sayBy = (key, values = {}) => /** @type {(key: string, values: object) => string} */ (/** @type {unknown} */ (say))(key, values);

/**
 * The same for text with elements in it: what to give to `el` or `append`.
 * @type {<K extends Key>(key: K, ...values: Values<K, string | number | Node>) => (string | Node)[]}
 */
export const parts = (key, ...[values]) => sentence(key, values).split(BRACES).map((part, at) => {
  const value = at % 2 ? /** @type {any} */ (values)?.[part] : part;
  return value instanceof Node ? value : worded(value);
});

/** @param {any} value */
const worded = (value) => (typeof value === 'number' ? figure(value) : String(value ?? ''));

/** @type {Map<any, any>} */
const made = new Map();

/**
 * One formatter of `Intl` in the language of the page, made once.
 * @template T
 * @param {new (language: string, options?: any) => T} kind
 * @param {object} [options] a constant: it is told apart by identity
 * @returns {T}
 */
export function intl(kind, options) {
  const key = options ?? kind;
  if (!made.has(key)) made.set(key, new kind(tongue, options));
  return made.get(key);
}

/** "1,234". @param {number} n */
export const figure = (n) => intl(Intl.NumberFormat).format(n);

const AND = { type: 'conjunction' };
const OR = { type: 'disjunction' };
/** "a, b, and c". @param {string[]} items */
export const allOf = (items) => intl(Intl.ListFormat, AND).format(items);
/** "a, b, or c". @param {string[]} items */
export const oneOf = (items) => intl(Intl.ListFormat, OR).format(items);

const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const WEEKDAY = { weekday: 'short' };
const SHORT = { day: 'numeric', month: 'short' };
const DAY = { weekday: 'long', day: 'numeric', month: 'long' };
const LONG = { ...DAY, year: 'numeric' };
const MONTH = { month: 'long', year: 'numeric' };
const RELATIVE = { numeric: 'auto' };

/** Whole local days between then and now. @param {number} ts unix milliseconds */
function daysAgo(ts) {
  const midnight = (/** @type {Date} */ date) => Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((midnight(new Date()) - midnight(new Date(ts))) / 86_400_000);
}

/** "19:42". @param {number} ts unix milliseconds */
export const timeOfDay = (ts) => intl(Intl.DateTimeFormat, CLOCK).format(ts);
/** "November 2026". @param {number} ts unix milliseconds */
export const monthOf = (ts) => intl(Intl.DateTimeFormat, MONTH).format(ts);
/** "Tuesday, November 24". @param {number} ts unix milliseconds */
export const dayOf = (ts) => intl(Intl.DateTimeFormat, DAY).format(ts);

/** The time today, the day this week, the date before. @param {number} ts unix milliseconds */
export function whenShort(ts) {
  const days = daysAgo(ts);
  if (days <= 0) return timeOfDay(ts);
  return intl(Intl.DateTimeFormat, days < 7 ? WEEKDAY : SHORT).format(ts);
}

/** "Today", "Yesterday", the date. @param {number} ts unix milliseconds */
export function dayName(ts) {
  const days = daysAgo(ts);
  if (days < 0 || days > 1) return intl(Intl.DateTimeFormat, LONG).format(ts);
  const word = intl(Intl.RelativeTimeFormat, RELATIVE).format(-days, 'day');
  return word.charAt(0).toLocaleUpperCase(tongue) + word.slice(1);
}

/**
 * Puts the words into the HTML of a page: `data-words="key"` for what stands in an element, `data-words-NAME` for
 * an attribute. A child with `data-part="name"` takes the place of `{name}`.
 * @param {ParentNode} root
 */
export function applyWords(root) {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('*'))) {
    for (const { name, value } of [...node.attributes]) {
      if (!name.startsWith('data-words')) continue;
      const key = /** @type {Key} */ (value);
      const children = [...node.querySelectorAll(':scope > [data-part]')].map((child) => [/** @type {HTMLElement} */ (child).dataset.part, child]);
      if (name === 'data-words') node.replaceChildren(.../** @type {any} */ (parts)(key, Object.fromEntries(children)));
      else node.setAttribute(name.slice('data-words-'.length), /** @type {any} */ (say)(key));
    }
  }
}

/** The page speaks this language from now on; `language` is told on the document. @param {Language} wanted */
async function speak(wanted) {
  await load(wanted);
  made.clear();
  document.documentElement.lang = wanted;
  applyWords(document);
  document.dispatchEvent(new Event('language'));
}

/**
 * Buttons that choose the language.
 * @param {() => void} [onChosen] for a page that cannot change its words in place
 */
export function languageSwitch(onChosen) {
  const group = document.createElement('div');
  group.className = 'tongues';
  group.setAttribute('role', 'group');
  group.dataset.wordsAriaLabel = 'language';
  group.setAttribute('aria-label', say('language'));
  const buttons = LANGUAGES.map(({ tag, name }) => {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'tongue', lang: tag, textContent: name });
    button.addEventListener('click', async () => {
      if (tag === tongue) return;
      try {
        localStorage.setItem(KEY, tag);
      } catch {
        // Storage is forbidden: it holds for this page.
      }
      if (onChosen) onChosen();
      else await speak(tag).catch(() => {});
      mark();
    });
    return button;
  });
  const mark = () => LANGUAGES.forEach(({ tag }, at) => buttons[at].setAttribute('aria-pressed', String(tag === tongue)));
  mark();
  group.append(...buttons);
  return group;
}

await load(document.documentElement.lang === 'de' ? 'de' : 'en').catch(() => {
  document.documentElement.lang = 'en';
});
if (tongue !== 'en') applyWords(document);
delete document.documentElement.dataset.wait;
for (const place of document.querySelectorAll('[data-languages]')) place.replaceWith(languageSwitch());

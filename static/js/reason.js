// Why the server refused something, in the language of the page.

import { en } from '../words/en.js';
import { language, say } from './words.js';

/** @typedef {import('./words.js').Key} Key */

/**
 * The server's own sentence is English and says more than its code; another language has a sentence for the code, where
 * there is one.
 * @param {string | undefined} code of the refusal; of a field `field.code`
 * @param {string} message what the server says
 */
export function reasonOf(code, message) {
  const key = `code.${code}`;
  const known = key in en;
  return known && (language() !== 'en' || !message) ? /** @type {any} */ (say)(/** @type {Key} */ (key)) : message;
}

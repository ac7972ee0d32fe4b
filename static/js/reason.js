// Why the server refused something, in the language of the page.

import { en } from '../words/en.js';
import { language, sayBy } from './words.js';

/**
 * The server's own sentence is English and says more than its code; another language has a sentence for the code, where
 * there is one.
 * @param {string | undefined} code of the refusal; of a field `field.code`
 * @param {string} message what the server says
 */
export function reasonOf(code, message) {
  const key = `code.${code}`;
  return key in en && (language() !== 'en' || !message) ? sayBy(key) : message;
}

// How hard a password is to guess, by rough rules: it tells whoever types what makes a password weak. What the server
// takes is for the server to say; it knows many more words. Functions over values.

/** What the server asks for at least. */
export const MIN_PASSWORD = 12;
/** Parts of the own name or address that are shorter do not count. */
const OWN_LENGTH = 4;

/** @typedef {0 | 1 | 2 | 3 | 4} Strength 0 nothing yet, 1 would be refused, 2 fair, 3 good, 4 strong */

/** Words that guesses begin with, without accents, as they are typed. */
const COMMON = ['password', 'passwort', 'passw', 'letmein', 'welcome', 'willkommen', 'iloveyou', 'ichliebe', 'monkey', 'dragon', 'master', 'admin', 'login', 'princess', 'sunshine',
  'football', 'fussball', 'baseball', 'superman', 'batman', 'shadow', 'michael', 'jordan', 'hunter', 'trustno', 'starwars', 'whatever', 'freedom', 'secret', 'geheim', 'hallo', 'hello',
  'computer', 'internet', 'samsung', 'google', 'facebook', 'changeme', 'default', 'test', 'user', 'love', 'schatz', 'allthrive', 'summer', 'winter', 'spring', 'autumn', 'january', 'monday'];
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiop', 'qwertzuiop', 'azertyuiop', 'asdfghjkl', 'zxcvbnm', 'yxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm'];
const SHORTEST_RUN = 3;
const LEET = /** @type {Record<string, string>} */ ({ 0: 'o', 1: 'l', 3: 'e', 4: 'a', 5: 's', 7: 't', '@': 'a', $: 's', '!': 'i' });

const length = (/** @type {string} */ text) => [...text].length;

/** Parts of the own name and address that a password may not hold. @param {string} username @param {string} email */
export function ownParts(username, email) {
  const [local] = email.trim().toLowerCase().split('@');
  return [username.trim().toLowerCase(), local].filter((part) => length(part) >= OWN_LENGTH);
}

/** @param {string} password @param {string[]} own */
export const holdsOwnPart = (password, own) => own.some((part) => password.toLowerCase().includes(part));

/** How many letters from `at` on follow each other on a keyboard, in the alphabet, or as the same one. @param {string} text @param {number} at */
function runAt(text, at) {
  let most = 1;
  while (text[at + most] === text[at]) most += 1;
  for (const row of ROWS) {
    for (const step of [1, -1]) {
      const from = row.indexOf(text[at]);
      let run = 1;
      while (from >= 0 && text[at + run] && text[at + run] === row[from + step * run]) run += 1;
      most = Math.max(most, run);
    }
  }
  return most;
}

/** The text without what repeats what stood there before: "abcabc" says no more than "abc". @param {string} text */
function withoutRepeats(text) {
  const [, block] = /^(.+?)\1+$/.exec(text) ?? [];
  return block ?? text;
}

/** So many characters that somebody who guesses has to find one by one. @param {string} password */
export function unforeseen(password) {
  const text = withoutRepeats(password.toLowerCase());
  const plain = [...text].map((letter) => LEET[letter] ?? letter).join('');
  let found = 0;
  for (let at = 0; at < text.length;) {
    const word = COMMON.find((one) => plain.startsWith(one, at) || text.startsWith(one, at));
    const year = /^(19|20)\d\d/.test(text.slice(at, at + 4)) ? 4 : 0;
    const run = runAt(text, at);
    const foreseen = Math.max(word?.length ?? 0, year, run >= SHORTEST_RUN ? run : 0);
    // What is foreseen is one guess, however long it is.
    found += 1;
    at += Math.max(1, foreseen);
  }
  return found;
}

/** @param {string} password @param {string[]} own see {@link ownParts} @returns {Strength} */
export function strengthOf(password, own) {
  if (!password) return 0;
  if (length(password) < MIN_PASSWORD || holdsOwnPart(password, own)) return 1;
  const found = unforeseen(password);
  if (found < 8) return 1;
  return found < 12 ? 2 : found < 18 ? 3 : 4;
}

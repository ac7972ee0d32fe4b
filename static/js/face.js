// What stands for somebody without a picture: two letters on one of eight colours.

/** A number from 1 to 8 that stays with an id, or with a name where there is no id. @param {string} id */
export const colourOf = (id) => ([...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 7) % 8) + 1;

/** The first letters of the first and the last word; of a single word its first two. @param {string} name */
export function initials(name) {
  const words = name.split(/[\s_-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]].map((word) => [...word][0]) : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toLocaleUpperCase();
}

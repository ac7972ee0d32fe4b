// Single letters as keys (R, E, Z …): on until a person switches them off.

const KEY = 'allthrive.letters';

/** Whether single letters do something while no field has focus. */
export const lettersOn = () => localStorage.getItem(KEY) !== 'off';

/** @param {boolean} on */
export function setLetters(on) {
  if (on) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, 'off');
}

// The list of keys, and the switch for those that are single letters.

import { el } from './dom.js';
import { openDialog } from './dialogs.js';
import { lettersOn, setLetters } from './letters.js';
import { say } from './words.js';

/** @typedef {Extract<import('./words.js').Key, `keys.${string}`>} Words */

/** Where, then each key with what it does; `letter` for those that can be switched off. @type {{where: Words, keys: {keys: string[], does: Words, letter?: boolean}[]}[]} */
const KEYS = [
  { where: 'keys.everywhere', keys: [
    { keys: ['?'], does: 'keys.this', letter: true }, { keys: ['Ctrl', 'K'], does: 'keys.find' },
    { keys: ['Alt', '↑'], does: 'keys.previous' }, { keys: ['Alt', '↓'], does: 'keys.next' }, { keys: ['Esc'], does: 'keys.close' }] },
  { where: 'keys.list', keys: [
    { keys: ['↑', '↓'], does: 'keys.move' }, { keys: ['Enter'], does: 'keys.open' }, { keys: ['N'], does: 'keys.new', letter: true }] },
  { where: 'keys.writing', keys: [
    { keys: ['Enter'], does: 'keys.send' }, { keys: ['Shift', 'Enter'], does: 'keys.line' },
    { keys: ['↑'], does: 'keys.change' }, { keys: ['Esc'], does: 'keys.stop' }] },
  { where: 'keys.messages', keys: [
    { keys: ['↑', '↓'], does: 'keys.move' }, { keys: ['Enter'], does: 'keys.menu' }, { keys: ['R'], does: 'keys.reply', letter: true }, { keys: ['E'], does: 'keys.edit', letter: true },
    { keys: ['+'], does: 'keys.react', letter: true }, { keys: ['C'], does: 'keys.copy', letter: true }, { keys: ['Del'], does: 'keys.delete' }, { keys: ['Z'], does: 'keys.undo', letter: true }] },
];

/** Keys that have another name elsewhere. @type {Record<string, Words | undefined>} */
const CAPS = { Ctrl: 'keys.ctrl', Shift: 'keys.shift', Del: 'keys.del' };

/** Whether a key pressed here belongs to what is written. @param {Element | null} active */
export const isField = (active) => Boolean(active?.matches('input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]'));

export function keysDialog() {
  const flip = el('input', { type: 'checkbox', role: 'switch', checked: lettersOn(), 'aria-describedby': 'letters-help' });
  const table = el('div', { class: 'keys' });
  const draw = () => {
    const shown = (/** @type {{letter?: boolean}} */ { letter }) => !letter || lettersOn();
    table.replaceChildren(...KEYS.map(({ where, keys }) => el('section', { class: 'stack stack--sm' }, el('h3', { class: 'small quiet strong' }, say(where)),
      el('dl', { class: 'keys__list' }, ...keys.filter(shown).map((one) => el('div', {}, el('dt', {}, say(one.does)), el('dd', {}, ...one.keys.flatMap((key, at) => [at > 0 && ' ', el('kbd', { class: 'key' }, CAPS[key] ? say(CAPS[key]) : key)]))))))));
  };
  flip.addEventListener('change', () => {
    setLetters(flip.checked);
    draw();
  });
  draw();
  openDialog(say('keys.title'), table, el('label', { class: 'switch' }, el('span', {}, say('keys.letters')), flip),
    el('p', { class: 'small quiet', id: 'letters-help' }, say('keys.letters-help')));
}

// The list of keys, and the switch for those that are single letters.

import { el } from './dom.js';
import { openDialog } from './dialogs.js';
import { lettersOn, setLetters } from './letters.js';

/** Where, then each key with what it does; `letter` for those that can be switched off. @type {{where: string, keys: {keys: string[], does: string, letter?: boolean}[]}[]} */
const KEYS = [
  { where: 'Everywhere', keys: [
    { keys: ['?'], does: 'This list', letter: true }, { keys: ['Ctrl', 'K'], does: 'Find a chat' },
    { keys: ['Alt', '↑'], does: 'Previous unread chat' }, { keys: ['Alt', '↓'], does: 'Next unread chat' }, { keys: ['Esc'], does: 'Close what is on top' }] },
  { where: 'List of chats', keys: [
    { keys: ['↑', '↓'], does: 'Move' }, { keys: ['Enter'], does: 'Open' }, { keys: ['N'], does: 'New conversation', letter: true }] },
  { where: 'Writing', keys: [
    { keys: ['Enter'], does: 'Send' }, { keys: ['Shift', 'Enter'], does: 'New line' },
    { keys: ['↑'], does: 'Change your last message, in an empty field' }, { keys: ['Esc'], does: 'Stop answering or changing' }] },
  { where: 'Messages', keys: [
    { keys: ['↑', '↓'], does: 'Move' }, { keys: ['Enter'], does: 'What can be done' }, { keys: ['R'], does: 'Reply', letter: true }, { keys: ['E'], does: 'Edit', letter: true },
    { keys: ['+'], does: 'React', letter: true }, { keys: ['C'], does: 'Copy text', letter: true }, { keys: ['Del'], does: 'Delete' }, { keys: ['Z'], does: 'Undo deleting', letter: true }] },
];

/** Whether a key pressed here belongs to what is written. @param {Element | null} active */
export const isField = (active) => Boolean(active?.matches('input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable]'));

export function keysDialog() {
  const flip = el('input', { type: 'checkbox', role: 'switch', checked: lettersOn(), 'aria-describedby': 'letters-help' });
  const table = el('div', { class: 'keys' });
  const draw = () => {
    const shown = (/** @type {{letter?: boolean}} */ { letter }) => !letter || lettersOn();
    table.replaceChildren(...KEYS.map(({ where, keys }) => el('section', { class: 'stack stack--sm' }, el('h3', { class: 'small quiet strong' }, where),
      el('dl', { class: 'keys__list' }, ...keys.filter(shown).map((one) => el('div', {}, el('dt', {}, one.does), el('dd', {}, ...one.keys.flatMap((key, at) => [at > 0 && ' ', el('kbd', { class: 'key' }, key)]))))))));
  };
  flip.addEventListener('change', () => {
    setLetters(flip.checked);
    draw();
  });
  draw();
  openDialog('Keys', table, el('label', { class: 'switch' }, el('span', {}, 'Single letters as keys'), flip),
    el('p', { class: 'small quiet', id: 'letters-help' }, 'N, ? and the like. They never act while you write. Switch them off if you speak to your computer or press keys by accident.'));
}

// What the thread says when the own account was taken out of its conversation.

import { el, icon } from './dom.js';

/** @typedef {{id: string, name: string, how: string, reason: string}} Parted `how` is empty while nobody has said */

/** @param {Parted} told @returns {{title: string, more: string}} */
export function partedWords({ name, how }) {
  const place = name || 'this conversation';
  if (how === 'banned') return { title: `You were banned from ${place}`, more: 'You cannot come back until a moderator lifts the ban.' };
  if (how === 'removed') return { title: `You were removed from ${place}`, more: 'Somebody who moderates it can add you again.' };
  return { title: `You are not in ${place} any more`, more: 'It has left your list.' };
}

/** @param {HTMLElement} root the thread @param {Parted} told */
export function showParted(root, told) {
  const { title, more } = partedWords(told);
  root.removeAttribute('aria-label');
  root.setAttribute('aria-labelledby', 'thread-title');
  root.replaceChildren(
    el('header', { class: 'thread__head' }, el('a', { class: 'icon-btn only-phone', href: '#', 'aria-label': 'Back to chats' }, icon('arrow-left')),
      el('div', { class: 'grow' }, el('h1', { id: 'thread-title', tabindex: '-1', dir: 'auto' }, title))),
    el('div', { class: 'empty', id: 'messages' }, el('p', {}, told.reason ? el('strong', {}, `Reason: “${told.reason}”`) : '', told.reason ? el('br') : '', more),
      el('a', { class: 'btn btn--line', href: '#' }, 'Go to your chats')));
}

// What the thread says when the own account was taken out of its conversation.

import { el, icon } from './dom.js';
import { say } from './words.js';

/** @typedef {{id: string, name: string, how: string, reason: string}} Parted `how` is empty while nobody has said */

/** @param {Parted} told @returns {{title: string, more: string}} */
export function partedWords({ name, how }) {
  const place = name || say('parted.this');
  if (how === 'banned') return { title: say('parted.banned', { place }), more: say('parted.banned-more') };
  if (how === 'removed') return { title: say('parted.removed', { place }), more: say('parted.removed-more') };
  return { title: say('parted.left', { place }), more: say('parted.left-more') };
}

/** @param {HTMLElement} root the thread @param {Parted} told */
export function showParted(root, told) {
  const { title, more } = partedWords(told);
  root.removeAttribute('aria-label');
  root.setAttribute('aria-labelledby', 'thread-title');
  root.replaceChildren(
    el('header', { class: 'thread__head' }, el('a', { class: 'icon-btn only-phone', href: '#', 'aria-label': say('parted.back') }, icon('arrow-left')),
      el('div', { class: 'grow' }, el('h1', { id: 'thread-title', tabindex: '-1', dir: 'auto' }, title))),
    el('div', { class: 'empty', id: 'messages' }, el('p', {}, told.reason ? el('strong', {}, say('parted.reason', { reason: told.reason })) : '', told.reason ? el('br') : '', more),
      el('a', { class: 'btn btn--line', href: '#' }, say('parted.go'))));
}

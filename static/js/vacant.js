// What stands in place of a conversation: none is open, this one cannot be had, or nothing can.

import { byId, el, icon } from './dom.js';
import { failureWords } from './form.js';
import { say } from './words.js';

/** No conversation is open. @param {boolean} bare whether there is none to open @param {HTMLElement | null} card what to show first of all */
export function showNothing(bare, card) {
  const root = byId('thread');
  root.removeAttribute('aria-labelledby');
  root.setAttribute('aria-label', say('chat.none'));
  root.replaceChildren(el('div'), card ?? el('div', { class: 'empty' }, icon('mark', 'empty__art'), el('h2', {}, say(bare ? 'chat.begin' : 'chat.empty')),
    el('p', {}, say(bare ? 'chat.begin-more' : 'chat.empty-more'))));
}

/** Whether it is not there, or not for this account; else it could not be had this time. @param {any} error */
const isMissing = ({ status, code }) => [400, 403, 404].includes(status) || code === 'not_found' || code === 'forbidden';

/** This conversation cannot be shown. @param {any} error @param {() => void} again */
export function showTrouble(error, again) {
  const missing = isMissing(error);
  const root = byId('thread');
  root.removeAttribute('aria-label');
  root.setAttribute('aria-labelledby', 'thread-title');
  root.replaceChildren(
    el('header', { class: 'thread__head' }, el('a', { class: 'icon-btn only-phone', href: '#', 'aria-label': say('chat.back') }, icon('arrow-left')),
      el('div', { class: 'grow' }, el('h1', { id: 'thread-title', tabindex: '-1' }, missing ? say('chat.missing') : say('chat.trouble')))),
    el('div', { class: 'empty', id: 'messages' }, el('p', {}, missing ? say('chat.missing-more') : failureWords(error).join(' ')),
      missing ? el('a', { class: 'btn btn--line', href: '#' }, say('chat.go'))
        : el('button', { class: 'btn btn--line', type: 'button', onclick: again }, say('try-again'))));
  byId('thread-title').focus();
}

/** Nothing is known yet and the server does not answer. @param {any} error */
export function showNoServer(error) {
  const root = byId('thread');
  root.setAttribute('role', 'main');
  document.body.dataset.pane = 'thread';
  root.replaceChildren(el('div'), el('div', { class: 'empty' }, icon('offline', 'icon icon--xl'), el('h1', {}, say('chat.no-server')),
    el('p', {}, failureWords(error).join(' ')),
    el('button', { class: 'btn btn--act', type: 'button', onclick: () => location.reload() }, say('try-again'))));
}

// The dialogs: a new conversation, public rooms, somebody more in a group, the own account.

import { announce, el, icon } from './dom.js';
import { clearFaults, failureWords, onSubmit, showFaults, showNote } from './form.js';
import { personAvatar } from './list.js';
import { steadyKey } from './question.js';
import { Refused, call, callAll } from './session.js';
import { languageSwitch, parts, say } from './words.js';

/**
 * Shows a dialog; Escape and its close button close it, and the browser gives the focus back to what opened it.
 * @param {string} title
 * @param {...any} body
 */
export function openDialog(title, ...body) {
  const close = el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('close'), onclick: () => dialog.close() }, icon('close'));
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title' },
    el('div', { class: 'dialog__body' }, el('div', { class: 'row row--between' }, el('h2', { id: 'dialog-title', tabindex: '-1' }, title), close), ...body));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** @param {HTMLFormElement} form @param {any} error @param {string} field where a sentence about the request belongs */
function showRefusal(form, error, field) {
  if (!(error instanceof Refused)) throw error;
  const known = error.errors.map(({ message }) => ({ field, message }));
  if (known.length) showFaults(form, known);
  else if (error.status === 404) showFaults(form, [{ field, message: say('person.unknown') }]);
  else if ([400, 403, 409, 422].includes(error.status)) showFaults(form, [{ field, message: error.message }]);
  else showNote(form, ...failureWords(error));
}

/** @param {string} id @param {string} label @param {string} help @param {Record<string, any>} [attributes] */
const field = (id, label, help, attributes = {}) => el('div', { class: 'field' }, el('label', { class: 'field__label', for: id }, label),
  el('p', { class: 'field__help', id: `${id}-help` }, help),
  el('div', { class: 'input-wrap' }, el('input', { class: 'input', id, 'aria-describedby': `${id}-help`, autocomplete: 'off', ...attributes })));

const PERSON = { autocapitalize: 'none', spellcheck: 'false' };

/** @param {string} kind @param {string} name @param {string} what @param {boolean} [checked] */
const choice = (kind, name, what, checked = false) => el('label', { class: 'consequence' }, el('input', { type: 'radio', name: 'kind', value: kind, checked }),
  el('span', {}, el('strong', {}, name), el('span', { class: 'small quiet' }, what)));

/**
 * A new conversation: with one person, a group, a public room.
 * @param {(id: string, kind: string) => void} onDone
 */
export function newConversation(onDone) {
  const keyFor = steadyKey();
  const place = el('div');
  const form = el('form', { class: 'stack', novalidate: true, 'aria-label': say('new.title') },
    el('fieldset', { class: 'consequences' }, el('legend', { class: 'field__label' }, say('new.what')),
      choice('direct', say('new.direct'), say('new.direct-what'), true), choice('group', say('new.group'), say('new.group-what')), choice('room', say('new.room'), say('new.room-what'))),
    place, el('div', { class: 'row' }, el('button', { class: 'btn btn--act', type: 'submit' }, say('new.start'))));
  const kindNow = () => /** @type {HTMLInputElement} */ (form.querySelector('[name="kind"]:checked')).value;
  const drawField = () => {
    clearFaults(form);
    place.replaceChildren(kindNow() === 'direct' ? field('with', say('person.name'), say('person.name-help'), PERSON)
      : field('title', say('new.name'), kindNow() === 'room' ? say('new.name-room') : say('new.name-group'), { dir: 'auto' }));
  };
  form.addEventListener('change', (/** @type {Event} */ event) => {
    if (/** @type {HTMLInputElement} */ (event.target).name === 'kind') drawField();
  });
  drawField();
  const dialog = openDialog(say('new.title'), form);
  /** @type {HTMLElement} */ (dialog.querySelector('#with')).focus();
  onSubmit(form, () => say('new.busy'), async () => {
    const kind = kindNow();
    const name = kind === 'direct' ? 'with' : 'title';
    const value = form.querySelector(`#${name}`).value.trim().replace(kind === 'direct' ? /^@/ : /^$/, '');
    if (!value) {
      showFaults(form, [{ field: name, message: kind === 'direct' ? say('person.no-name') : say('new.no-name') }]);
      return;
    }
    const body = { kind, [name]: value };
    try {
      const conversation = await call('POST', 'conversations', { body, key: keyFor(body) });
      dialog.close();
      onDone(conversation.id, kind);
    } catch (error) {
      showRefusal(form, error, name);
    }
  });
}

/**
 * Somebody more in a group or a public room.
 * @param {{id: string, name: string, kind: string}} conversation
 * @param {() => void} onDone
 */
export function addPerson(conversation, onDone) {
  const keyFor = steadyKey();
  const form = el('form', { class: 'stack', novalidate: true, 'aria-label': say('add.form') },
    field('person', say('person.name'), conversation.kind === 'room' ? say('add.name-room') : say('add.name-group'), PERSON),
    el('div', { class: 'row' }, el('button', { class: 'btn btn--act', type: 'submit' }, conversation.kind === 'room' ? say('add.do-room') : say('add.do-group'))));
  const dialog = openDialog(say('add.title', { name: conversation.name }), form);
  form.querySelector('input').focus();
  onSubmit(form, () => say('add.busy'), async () => {
    const username = form.querySelector('input').value.trim().replace(/^@/, '');
    if (!username) {
      showFaults(form, [{ field: 'person', message: say('person.no-name') }]);
      return;
    }
    const body = { username };
    try {
      await call('POST', `conversations/${conversation.id}/members`, { body, key: keyFor(body) });
      dialog.close();
      announce(say('add.done', { person: username, name: conversation.name }));
      onDone();
    } catch (error) {
      showRefusal(form, error, 'person');
    }
  });
}

/**
 * The public rooms there are, with a button to join or to open.
 * @param {string} username the own one
 * @param {(id: string) => void} onOpen
 */
export async function publicRooms(username, onOpen) {
  const place = el('div', { class: 'public__list', tabindex: '0', role: 'region', 'aria-label': say('rooms.title') }, el('p', { role: 'status' }, say('rooms.loading')));
  const dialog = openDialog(say('rooms.title'), place);
  const load = async () => {
    try {
      const rooms = await callAll('conversations', 500);
      place.replaceChildren(rooms.length ? el('ul', { class: 'plain-list' }, ...rooms.map(row)) : el('div', { class: 'empty' }, el('p', {}, say('rooms.none'))));
    } catch (error) {
      place.replaceChildren(el('div', { class: 'stack stack--sm', role: 'status' }, el('p', {}, say('rooms.trouble', { why: failureWords(error).join(' ') })),
        el('button', { class: 'btn btn--line', type: 'button', onclick: load }, say('rooms.again'))));
    }
  };
  const row = (/** @type {any} */ room) => {
    const keyFor = steadyKey();
    const button = el('button', { class: `btn btn--sm ${room.joined ? 'btn--line' : 'btn--act'}`, type: 'button' },
      ...parts(room.joined ? 'rooms.open' : 'rooms.join', { room: el('span', { class: 'vh' }, room.title) }));
    button.addEventListener('click', async () => {
      try {
        if (!room.joined) await call('POST', `conversations/${room.id}/members`, { body: { username }, key: keyFor({ username }) });
        dialog.close();
        onOpen(room.id);
      } catch (error) {
        button.after(el('p', { class: 'field__error', role: 'status' }, failureWords(error).join(' ')));
      }
    });
    return el('li', { class: 'public' }, el('span', { class: 'avatar avatar--room avatar--4', 'aria-hidden': 'true' }, icon('hash')),
      el('p', { class: 'truncate' }, el('span', { class: 'strong', dir: 'auto' }, room.title), el('br'), el('small', { class: 'quiet' }, say('members', { n: room.members }))), button);
  };
  await load();
}

/**
 * Who is signed in, what the page does for them, and the way out. Says first what has not gone out yet.
 * @param {{id: string, username: string, display_name: string, email: string}} me
 * @param {number} waiting messages that were not acknowledged
 * @param {() => Promise<void>} onSignOut
 * @param {Node} notices turns notifications on and off
 * @param {() => void} onKeys shows the list of keys
 */
export function account(me, waiting, onSignOut, notices, onKeys) {
  const keys = el('button', { class: 'row-link', type: 'button' }, icon('keyboard', 'icon icon--sm'), el('span', { class: 'grow' }, say('keys.title')));
  keys.addEventListener('click', () => {
    dialog.close();
    onKeys();
  });
  const words = waiting ? say('you.waiting', { n: waiting }) : '';
  const form = el('form', { class: 'stack', 'aria-label': say('sign-out') }, words && el('p', { class: 'note note--warn' }, icon('alert'), words),
    el('button', { class: 'btn btn--line', type: 'submit' }, icon('log-out', 'icon icon--sm'), waiting ? say('you.delete-and-sign-out') : say('sign-out')));
  const dialog = openDialog(say('you'), el('div', { class: 'member' }, personAvatar({ id: me.id, name: me.display_name }), el('p', { class: 'truncate' }, el('span', { dir: 'auto' }, me.display_name), el('br'), el('small', {}, `@${me.username}`)), el('span')),
    el('p', { class: 'small quiet' }, say('you.email', { email: me.email })), el('div', { class: 'plain-list' }, notices, keys), languageSwitch(() => location.reload()), form);
  onSubmit(form, () => say('you.leaving'), async () => {
    try {
      await onSignOut();
    } catch (error) {
      showNote(form, ...failureWords(error));
    }
  });
}

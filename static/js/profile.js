// The card of a person: name, user name, since when, and a way to write to them.

import { el, icon } from './dom.js';
import { openDialog } from './dialogs.js';
import { failureWords } from './form.js';
import { personAvatar } from './list.js';
import { steadyKey } from './question.js';
import { Refused, call } from './session.js';
import { monthOf, say } from './words.js';

/**
 * When an account was made, unix milliseconds: its id is a UUID of version 7, which begins with that time.
 * @param {string} id @returns {number | null}
 */
export function madeAt(id) {
  const hex = id.replace(/^u_/, '').replaceAll('-', '');
  return /^[0-9a-f]{12}7/.test(hex) ? Number.parseInt(hex.slice(0, 12), 16) : null;
}

/** "Here since November 2026", or nothing if nobody knows. @param {string} id */
export function sinceWords(id) {
  const ts = madeAt(id);
  return ts ? say('profile.since', { month: monthOf(ts) }) : '';
}

/**
 * @param {import('./client.js').Person} person
 * @param {{isMe: boolean, isHere: boolean | null, role: string, onTalk: (id: string) => void}} about
 */
export function profileCard(person, { isMe, isHere, role, onTalk }) {
  const keyFor = steadyKey();
  const said = el('p', { class: 'field__error', role: 'status' });
  const since = sinceWords(person.id);
  const talk = el('button', { class: 'btn btn--act', type: 'button' }, icon('chat'), say('profile.message'));
  talk.addEventListener('click', async () => {
    const body = { kind: 'direct', with: person.username };
    said.replaceChildren();
    try {
      const { id } = await call('POST', 'conversations', { body, key: keyFor(body) });
      dialog.close();
      onTalk(id);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, failureWords(error).join(' ')));
    }
  });
  const facts = [['leaf', since], ['chat', isHere ? say('here-now') : ''], ['shield', role]].filter(([, fact]) => fact);
  const dialog = openDialog(say('profile.title'),
    el('div', { class: 'profile-card' }, personAvatar(person, 'avatar--xl', isHere),
      el('div', {}, el('p', { class: 'profile-card__name', dir: 'auto' }, person.name), el('p', { class: 'quiet' }, `@${person.username}`)),
      el('ul', { class: 'facts small', role: 'list' }, ...facts.map((fact) => el('li', {}, icon(fact[0]), el('span', {}, fact[1])))),
      isMe ? el('p', { class: 'small quiet' }, say('profile.own')) : el('div', { class: 'row' }, talk), said));
}

// The first steps, for the first person on an empty server: who is alone in the room that the server has opened sees what
// to do next, until something is said, somebody comes, or the card is put away.

import { copied } from './copy.js';
import { announce, byId, el, icon } from './dom.js';
import { say } from './words.js';

const KEPT = 'allthrive.first.';

/** Whether nothing has happened yet but that the first room was opened for this person. @param {import('./conversation.js').Conversation[]} all @returns {import('./conversation.js').Conversation | null} */
export function aloneIn(all) {
  const [room] = all;
  return all.length === 1 && room.kind === 'room' && room.role === 'owner' && room.members === 1 && room.top <= 1 ? room : null;
}

/** Events: `change`: the card is due now, or is not any more. */
export class FirstSteps extends EventTarget {
  /**
   * @param {import('./rooms.js').Rooms} rooms
   * @param {{onNew: () => void}} actions
   */
  constructor(rooms, actions) {
    super();
    this.rooms = rooms;
    this.actions = actions;
    this.key = KEPT + rooms.me.id;
    this.isOn = false;
    /** @type {Set<HTMLElement>} */
    this.cards = new Set();
    rooms.addEventListener('list', () => this.#look());
    rooms.outbox.addEventListener('change', () => this.#look());
  }

  #look() {
    const room = this.rooms.loaded && !localStorage.getItem(this.key) ? aloneIn([...this.rooms.all.values()]) : null;
    const isOn = room !== null && !this.rooms.outbox.of(room.id).length;
    if (isOn === this.isOn) return;
    this.isOn = isOn;
    if (!isOn) for (const card of this.cards) card.remove();
    this.cards.clear();
    // On a phone the list stands alone.
    const card = this.card('list');
    if (card) byId('list').append(card);
    this.dispatchEvent(new CustomEvent('change'));
  }

  /** Put away by hand: it does not come again. */
  #close() {
    try {
      localStorage.setItem(this.key, 'closed');
    } catch {
      // Storage is forbidden: it comes again with the next page.
    }
    this.#look();
    (document.getElementById('write') ?? byId('list-title')).focus();
    announce(say('first.closed'));
  }

  async #copy() {
    const link = `${location.origin}/signup`;
    announce((await copied(link)) ? say('first.copied') : say('first.not-copied', { link }));
  }

  /** The card, for one place in the page; nothing if it is not due. @param {'list' | 'thread'} place @param {string} [here] the conversation that is open there */
  card(place, here) {
    if (!this.isOn) return null;
    const [room] = this.rooms.all.values();
    const name = room.title ?? '';
    const step = (/** @type {string} */ sign, /** @type {string} */ title, /** @type {string} */ why, /** @type {any} */ action) => el('li', { class: 'first__step' },
      icon(sign), el('div', { class: 'grow' }, el('p', { class: 'strong' }, title), el('p', { class: 'small quiet', dir: 'auto' }, why), action));
    const button = (/** @type {string} */ label, /** @type {() => void} */ onclick) => el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick }, label);
    const card = el('section', { class: 'first card card--pad', 'aria-labelledby': `first-${place}` },
      el('div', { class: 'row row--between' }, el('h2', { id: `first-${place}` }, say('first.title')),
        el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('first.close'), title: say('first.close'), onclick: () => this.#close() }, icon('close'))),
      el('p', { class: 'quiet' }, say('first.text')),
      el('ul', { class: 'first__steps', role: 'list' },
        step('mail', say('first.invite'), say('first.invite-why'), button(say('first.copy'), () => this.#copy())),
        step('chat', say('first.say'), say('first.say-why', { room: name }), here ? null : el('a', { class: 'btn btn--line btn--sm', href: `#room/${room.id}`, dir: 'auto' }, say('first.open', { room: name }))),
        step('people', say('first.group'), say('first.group-why'), button(say('new.title'), this.actions.onNew)),
        step('spark', say('first.demo'), say('first.demo-why'), el('code', { class: 'mono small' }, 'allthrive seed-demo')),
        step('link', say('first.docs'), say('first.docs-why'), el('a', { class: 'more', href: '/docs' }, say('first.read')))));
    this.cards.add(card);
    return card;
  }
}

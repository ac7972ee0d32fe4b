// Beside a conversation: what it is and who is in it.

import { byId, el, icon, plural } from './dom.js';
import { avatarOf, personAvatar } from './list.js';
import { nameOf } from './rooms.js';
import { subtitleOf } from './thread.js';

const ROLES = { owner: 'Owner', moderator: 'Moderator' };

export class DetailsView {
  /** @param {import('./rooms.js').Rooms} rooms @param {{onClose: (event: Event) => void, onAdd: (id: string) => void, onBuilt: () => void}} actions */
  constructor(rooms, actions) {
    this.rooms = rooms;
    this.actions = actions;
    this.root = byId('details');
    /** @type {string | null} */
    this.id = null;
    /** What is shown, so that only a change is drawn. */
    this.drawn = '';
    rooms.addEventListener('room', (event) => {
      if (/** @type {CustomEvent} */ (event).detail.id === this.id) this.#draw();
    });
    rooms.addEventListener('list', () => this.#draw());
  }

  /** @param {string} id */
  open(id) {
    if (this.id === id) return;
    this.id = id;
    this.drawn = '';
    this.root.hidden = false;
    this.#build(id);
    this.#draw();
    this.rooms.loadPeople(id).catch(() => {});
  }

  close() {
    this.id = null;
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  /** What stays while its contents change, so that focus is not lost. @param {string} id */
  #build(id) {
    this.top = el('div', { class: 'details__top' });
    this.members = el('div');
    this.add = el('button', { class: 'btn btn--line', type: 'button', hidden: true, onclick: () => this.actions.onAdd(id) }, icon('plus', 'icon icon--sm'), 'Add people');
    this.root.replaceChildren(
      el('div', { class: 'details__bar' }, el('h2', { id: 'details-title', tabindex: '-1' }, 'Details'),
        el('a', { class: 'icon-btn', href: `#room/${id}`, 'aria-label': 'Close the details', onclick: this.actions.onClose }, icon('close'))),
      this.top,
      el('div', { class: 'stack stack--sm' }, el('h3', { id: 'details-members', class: 'small quiet strong' }, 'Members'), this.members, this.add));
    this.actions.onBuilt();
  }

  #draw() {
    const conversation = this.id ? this.rooms.all.get(this.id) : undefined;
    if (!conversation) return;
    const content = JSON.stringify([nameOf(conversation), conversation.members, conversation.people]);
    if (content === this.drawn) return;
    this.drawn = content;
    const { people } = conversation;
    const more = conversation.members - people.length;
    this.root.setAttribute('aria-label', `Details of ${nameOf(conversation)}`);
    this.top.replaceChildren(avatarOf(conversation, 'avatar--xl'), el('p', { dir: 'auto' }, nameOf(conversation)), el('p', { class: 'quiet small' }, subtitleOf(conversation)));
    byId('details-members').textContent = plural(conversation.members, '# member', '# members');
    this.members.replaceChildren(
      people.length ? el('ul', { class: 'plain-list' }, ...people.map((member) => this.#member(member))) : el('p', { class: 'quiet small' }, 'Loading who is here…'),
      people.length > 0 && more > 0 ? el('p', { class: 'quiet small' }, plural(more, 'and # more', 'and # more')) : '');
    this.add.hidden = conversation.kind !== 'group';
  }

  /** @param {import('./rooms.js').Member} member */
  #member({ user, role }) {
    const under = user.id === this.rooms.me.id ? 'You' : `@${user.username}`;
    const badge = /** @type {Record<string, string>} */ (ROLES)[role];
    return el('li', { class: 'member' }, personAvatar(user, 'avatar--sm'), el('p', { class: 'truncate' }, el('span', { dir: 'auto' }, user.name), el('br'), el('small', {}, under)),
      badge ? el('span', { class: 'badge badge--berry' }, badge) : el('span'));
  }
}

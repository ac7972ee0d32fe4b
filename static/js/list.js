// The list of conversations: newest activity first, what is unread, the last line.

import { cardLine } from './card.js';
import { byId, el, figure, icon, whenShort } from './dom.js';
import { colourOf, initials } from './face.js';
import { Finder, matches } from './find.js';
import { typingWords } from './here.js';
import { nameOf } from './rooms.js';
import { parts, say } from './words.js';

const SKELETON_MS = 300;
const LONG_MS = 8_000;

/** The dot of somebody who is here or is not; none while nobody knows. @param {boolean | null} [isHere] */
const dot = (isHere) => (typeof isHere === 'boolean' ? el('span', { class: `dot${isHere ? '' : ' dot--off'}` }) : null);

/** The round leaf of a person. @param {{id: string, name: string}} person @param {string} [size] @param {boolean | null} [isHere] */
export const personAvatar = (person, size = '', isHere = null) => el('span', { class: `avatar avatar--${colourOf(person.id)} ${size}`, 'aria-hidden': 'true' }, initials(person.name), dot(isHere));

/** The square of a room, or the other person of a direct conversation. @param {import('./rooms.js').Conversation} conversation @param {string} [size] @param {boolean | null} [isHere] */
export function avatarOf(conversation, size = '', isHere = null) {
  if (conversation.with) return personAvatar(conversation.with, size, isHere);
  const sign = conversation.kind === 'room' ? 'hash' : 'people';
  return el('span', { class: `avatar avatar--room avatar--${colourOf(conversation.id)} ${size}`, 'aria-hidden': 'true' }, icon(sign));
}

/** The list in the page. */
export class ListView {
  /**
   * @param {import('./rooms.js').Rooms} rooms
   * @param {{onNew: () => void, onRetry: () => void, onOpen: (id: string) => void}} actions
   */
  constructor(rooms, actions) {
    this.rooms = rooms;
    this.actions = actions;
    this.nav = byId('list-items');
    /** @type {string | null} */
    this.current = null;
    this.list = el('ul', { class: 'plain-list' });
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** What each row shows, so that only what changed is drawn. @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
    this.timers = [
      window.setTimeout(() => this.#skeleton(), SKELETON_MS),
      window.setTimeout(() => this.#trouble(say('list.slow'), ''), LONG_MS),
    ];
    rooms.addEventListener('list', () => this.draw());
    rooms.here.addEventListener('change', (event) => {
      const conversation = rooms.all.get(/** @type {CustomEvent} */ (event).detail.room);
      if (conversation && this.rows.has(conversation.id)) this.#row(conversation);
    });
    /** @type {Finder} */
    this.finder = new Finder({
      onFirst: () => this.#openFirst(),
      onDown: () => /** @type {HTMLElement | null} */ (this.list.querySelector('.conv'))?.focus(),
      count: () => this.#shown().length,
    });
    this.finder.addEventListener('change', () => this.draw());
    this.nav.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#key(event));
  }

  /** The conversation that is open. @param {string | null} id */
  select(id) {
    this.current = id;
    if (this.rooms.loaded) this.draw();
  }

  /** The list could not be read. @param {any} error */
  failed(error) {
    if (this.rooms.loaded) return;
    this.#trouble(say('list.trouble'), error.requestId ? say('list.request', { id: error.requestId }) : '');
  }

  #calm() {
    for (const timer of this.timers) window.clearTimeout(timer);
    this.nav.removeAttribute('aria-busy');
  }

  #skeleton() {
    const row = () => el('div', { class: 'conv' }, ...['circle', 'half', '', 'line'].map((kind) => el('span', { class: kind && `skeleton skeleton--${kind}` })));
    this.nav.setAttribute('aria-busy', 'true');
    this.nav.replaceChildren(el('p', { class: 'vh' }, say('list.loading')), el('div', { 'aria-hidden': 'true' }, row(), row(), row(), row(), row()));
  }

  /** @param {string} what @param {string} more */
  #trouble(what, more) {
    if (this.rooms.loaded) return;
    this.#calm();
    this.nav.replaceChildren(el('div', { class: 'empty', role: 'status' }, el('p', {}, el('strong', {}, what), ` ${say('list.safe')}`),
      more && el('p', { class: 'small mono' }, more),
      el('button', { class: 'btn btn--line', type: 'button', onclick: this.actions.onRetry }, say('list.again'))));
  }

  /** Draws what changed; rows are moved, not made anew, so that focus stays. */
  draw() {
    if (!this.rooms.loaded) return;
    this.#calm();
    const conversations = this.#shown();
    const { query } = this.finder;
    byId('find-part').hidden = !this.rooms.all.size;
    if (query && !conversations.length) {
      this.rows.clear();
      this.nav.replaceChildren(el('div', { class: 'empty' }, el('p', { dir: 'auto' }, say('find.none', { query })),
        el('button', { class: 'btn btn--line', type: 'button', onclick: () => this.#showAll() }, say('find.all'))));
      return;
    }
    if (!conversations.length) {
      this.rows.clear();
      this.nav.replaceChildren(el('div', { class: 'empty' }, icon('mark', 'empty__art only-phone'), el('p', {}, say('list.empty')),
        el('button', { class: 'btn btn--act', type: 'button', onclick: this.actions.onNew }, say('list.start'))));
      return;
    }
    if (!this.list.isConnected) {
      this.list.replaceChildren();
      this.nav.replaceChildren(this.list);
    }
    const gone = new Map(this.rows);
    /** @type {Element | null} */
    let at = this.list.firstElementChild;
    for (const conversation of conversations) {
      const row = this.#row(conversation);
      gone.delete(conversation.id);
      if (row === at) at = row.nextElementSibling;
      else this.list.insertBefore(row, at);
    }
    for (const [id, row] of gone) {
      row.remove();
      this.rows.delete(id);
    }
  }

  /** What the list has now, in its order. */
  #shown() {
    const { query } = this.finder;
    return query ? this.rooms.list().filter((conversation) => matches(query, conversation)) : this.rooms.list();
  }

  #openFirst() {
    const [first] = this.#shown();
    if (!first) return;
    this.finder.clear();
    this.actions.onOpen(first.id);
  }

  #showAll() {
    this.finder.clear();
    this.finder.focus();
  }

  /** @param {import('./rooms.js').Conversation} conversation */
  #row(conversation) {
    const row = this.rows.get(conversation.id) ?? el('li', {}, el('a', { class: 'conv', href: `#room/${conversation.id}` }));
    this.rows.set(conversation.id, row);
    const link = /** @type {HTMLElement} */ (row.firstElementChild);
    link.classList.toggle('has-unread', conversation.unread > 0);
    if (conversation.id === this.current) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
    const { last } = conversation;
    const who = !last ? '' : last.author.id === this.rooms.me.id ? say('you') : conversation.kind === 'direct' ? '' : last.author.name;
    const line = last ? (last.body === undefined ? say('list.deleted') : cardLine(last.body)) : say('list.silent', { n: conversation.members });
    const isHere = conversation.with ? this.rooms.here.isHere(conversation.id, conversation.with.id) : null;
    const typing = typingWords(conversation, this.rooms.here.writers(conversation.id));
    const content = [nameOf(conversation), last ? whenShort(last.ts) : '', who, line, conversation.unread, isHere, typing].join('\n');
    if (this.drawn.get(link) === content) return row;
    this.drawn.set(link, content);
    // A name of one script beside a text of another: each has its own direction, and the text is cut where it ends.
    const said = typing ? [el('span', { class: 'conv__typing' }, typing)] : who ? parts('list.said', { who: el('bdi', { class: 'truncate' }, who), line: el('span', { class: 'truncate', dir: 'auto' }, line) }) : [line];
    const count = conversation.unread > 0 && el('span', { class: 'unread' }, conversation.unread >= 100 ? '99+' : figure(conversation.unread), el('span', { class: 'vh' }, ` ${say('unread')}`));
    link.replaceChildren(avatarOf(conversation, '', isHere), el('span', { class: 'conv__name truncate', dir: 'auto' }, nameOf(conversation), isHere && el('span', { class: 'vh' }, say('list.here'))),
      last ? el('time', { class: 'conv__time', datetime: new Date(last.ts).toISOString() }, whenShort(last.ts)) : el('span'),
      el('span', { class: `conv__last ${who && !typing ? 'conv__said' : 'truncate'}`, dir: who && !typing ? null : 'auto' }, ...said),
      el('span', { class: 'conv__end' }, count));
    return row;
  }

  /** Up and down move in the list. @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const links = /** @type {HTMLElement[]} */ ([...this.list.querySelectorAll('.conv')]);
    const now = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (now === 0 && step < 0) this.finder.focus();
    else links[Math.min(links.length - 1, Math.max(0, now + step))]?.focus();
  }

  /** The next conversation with something unread, in the order of the list. @param {1 | -1} step */
  nextUnread(step) {
    const order = this.rooms.list();
    const from = order.findIndex(({ id }) => id === this.current);
    for (let n = 1; n <= order.length; n += 1) {
      const at = from < 0 && step < 0 ? order.length - n : (from + step * n + order.length * 2) % order.length;
      if (order[at].unread > 0) return order[at].id;
    }
    return null;
  }
}

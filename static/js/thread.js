// One conversation: its head, its messages by day and by author, where the reader stands in it.

import { announce, byId, dayKey, dayName, el, icon, plural, timeOfDay } from './dom.js';
import { Composer } from './composer.js';
import { avatarOf, personAvatar } from './list.js';
import { nameOf } from './rooms.js';

const GROUP_MS = 5 * 60_000;
const NEAR_PX = 200;
const SKELETON_MS = 300;
const LONG_MS = 8_000;

/**
 * @typedef {import('./rooms.js').Conversation} Conversation
 * @typedef {{key: string, ts: number, author: {id: string, name: string}, body?: string, seq?: number, waiting?: import('./outbox.js').Waiting}} Line
 */

const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

/** Text with its web addresses as links. @param {string} text */
function withLinks(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(text.slice(from, found.index), el('a', { href: found[0], target: '_blank', rel: 'noopener noreferrer nofollow' }, found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, text.slice(from)];
}

/** What stands under the name. @param {Conversation} conversation */
export function subtitleOf(conversation) {
  if (conversation.with) return `@${conversation.with.username}`;
  const kind = conversation.kind === 'room' ? 'Public room' : 'Group';
  return `${kind}, ${plural(conversation.members, 'only you so far', '# members')}`;
}

/** The open conversation in the page. Made anew for each one that is opened. */
export class ThreadView {
  /**
   * @param {import('./rooms.js').Rooms} rooms
   * @param {import('./outbox.js').Outbox} outbox
   * @param {string} id
   * @param {{onBack: (event: Event) => void, onAdd: () => void}} actions
   */
  constructor(rooms, outbox, id, actions) {
    this.rooms = rooms;
    this.outbox = outbox;
    this.id = id;
    this.actions = actions;
    this.root = byId('thread');
    /** @type {Conversation | null} */
    this.conversation = null;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** What each row shows, so that only what changed is drawn. @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
    /** The first message that was new when this was opened, and how many there were. */
    this.newFrom = 0;
    this.newCount = 0;
    this.below = 0;
    this.loadingOlder = false;
    this.ends = new AbortController();
    const { signal } = this.ends;
    rooms.addEventListener('room', (event) => this.#ifMine(/** @type {CustomEvent} */ (event), () => this.draw()), { signal });
    rooms.addEventListener('list', () => this.#drawHead(), { signal });
    rooms.addEventListener('message', (event) => this.#heard(/** @type {CustomEvent} */ (event).detail), { signal });
    document.addEventListener('visibilitychange', () => this.#markRead(), { signal });
    window.addEventListener('focus', () => this.#markRead(), { signal });
    rooms.client.addEventListener('welcome', () => this.#markRead(), { signal });
  }

  /** Stops listening; the page belongs to the next one. */
  close() {
    this.ends.abort();
    this.composer?.close();
    this.observer?.disconnect();
    for (const timer of this.timers ?? []) window.clearTimeout(timer);
    this.rooms.leave(this.id);
  }

  /** Loads and shows it. Rejects with what the server said if that cannot be. */
  async open() {
    const known = this.rooms.all.get(this.id);
    this.timers = [window.setTimeout(() => this.#skeleton(known), SKELETON_MS), window.setTimeout(() => this.#slow(), LONG_MS)];
    try {
      const conversation = await this.rooms.open(this.id);
      if (this.ends.signal.aborted) return;
      this.conversation = conversation;
    } finally {
      for (const timer of this.timers) window.clearTimeout(timer);
    }
    this.#build();
    this.rooms.loadPeople(this.id).catch(() => {});
  }

  /** @param {CustomEvent} event @param {() => void} work */
  #ifMine(event, work) {
    if (this.conversation && event.detail.id === this.id) work();
  }

  #backLink() {
    return el('a', { class: 'icon-btn only-phone', href: '#', 'aria-label': 'Back to chats', onclick: this.actions.onBack }, icon('arrow-left'));
  }

  /** @param {Conversation} [known] */
  #skeleton(known) {
    const bubble = () => el('div', { class: 'msg msg--first' }, el('span', { class: 'skeleton skeleton--circle' }),
      el('div', { class: 'msg__body stack stack--sm' }, el('span', { class: 'skeleton skeleton--half' }), el('span', { class: 'skeleton skeleton--bubble' })));
    this.root.removeAttribute('aria-label');
    this.root.setAttribute('aria-labelledby', 'thread-title');
    this.root.replaceChildren(
      el('header', { class: 'thread__head' }, this.#backLink(), el('div', { class: 'grow' }, el('h1', { id: 'thread-title', tabindex: '-1', class: 'truncate', dir: 'auto' }, known ? `Opening ${nameOf(known)}…` : 'Opening the conversation…'))),
      el('div', { class: 'thread__scroll', role: 'region', 'aria-label': 'Messages', 'aria-busy': 'true', tabindex: '0' },
        el('div', { class: 'messages', id: 'messages', 'aria-hidden': 'true' }, bubble(), bubble(), bubble(), bubble())),
      el('div', { class: 'thread__foot', id: 'slow' }));
  }

  #slow() {
    document.getElementById('slow')?.replaceChildren(el('p', { class: 'typing', role: 'status' }, icon('clock', 'icon icon--sm'), 'This takes longer than usual. It goes on as soon as the server answers.',
      el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick: () => this.rooms.client.tryNow() }, 'Try now')));
  }

  #build() {
    const conversation = /** @type {Conversation} */ (this.conversation);
    this.newFrom = conversation.unread ? conversation.read + 1 : 0;
    this.newCount = conversation.unread;
    this.title = el('h1', { class: 'truncate', id: 'thread-title', tabindex: '-1', dir: 'auto' });
    this.subtitle = el('p', { class: 'truncate' });
    this.face = el('span', { class: 'not-phone' });
    this.details = el('a', { class: 'icon-btn', href: `#room/${this.id}/details`, 'aria-label': 'Details', id: 'details-link' }, icon('panel'));
    this.messages = el('ol', { class: 'messages', id: 'messages' });
    this.older = el('li', { class: 'older' }, el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => this.#loadOlder() }, 'Load older messages'));
    this.scroller = el('div', { class: 'thread__scroll', role: 'region', 'aria-label': 'Messages', tabindex: '0' }, this.messages);
    this.jump = el('button', { class: 'btn btn--act btn--sm jump', type: 'button', hidden: true, onclick: () => this.#toEnd() });
    this.waitingLine = el('p', { class: 'typing', id: 'off-note', hidden: true });
    this.composer = new Composer(this.id, this.rooms.me.id, (body) => {
      this.outbox.add(this.id, body);
      this.#toEnd();
    });
    const foot = el('div', { class: 'thread__foot' }, this.waitingLine, this.composer.form);
    this.root.removeAttribute('aria-label');
    this.root.setAttribute('aria-labelledby', 'thread-title');
    this.root.replaceChildren(
      el('header', { class: 'thread__head' }, this.#backLink(), this.face, el('div', { class: 'grow' }, this.title, this.subtitle), this.details),
      this.scroller, foot, this.jump);
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.observer = new IntersectionObserver((seen) => {
      if (seen.some(({ isIntersecting }) => isIntersecting)) this.#loadOlder();
    }, { root: this.scroller, rootMargin: '300px 0px 0px 0px' });
    this.observer.observe(this.older);
    this.rows.clear();
    this.#drawHead();
    this.draw();
    this.#markRead();
  }

  #drawHead() {
    const { conversation } = this;
    if (!conversation) return;
    const name = nameOf(conversation);
    if (this.title.textContent !== name) {
      this.title.textContent = name;
      this.face.replaceChildren(avatarOf(conversation));
      this.composer?.setName(name);
    }
    this.subtitle.textContent = subtitleOf(conversation);
  }

  /** The lines in the order of the screen: what the log has, then what waits. @returns {Line[]} */
  #lines() {
    const { me } = this.rooms;
    const said = /** @type {Conversation} */ (this.conversation).messages ?? [];
    const known = said.map((message) => ({ key: `${message.author.id}/${message.cmid ?? message.seq}`, ...message }));
    const waiting = this.outbox.of(this.id).map((item) => ({ key: `${me.id}/${item.cmid}`, ts: item.at, author: me, body: item.body, waiting: item }));
    return [...known, ...waiting];
  }

  /** Draws what changed. The reader's place stays where it is, unless it is the end. */
  draw() {
    const conversation = /** @type {Conversation} */ (this.conversation);
    if (!conversation.messages) return;
    const atEnd = this.#isAtEnd();
    const anchor = atEnd ? null : this.#anchor();
    const wanted = [];
    if (conversation.more) wanted.push(this.older);
    // Above the first that was new; not while that one may still stand on an older page.
    const oldest = conversation.messages[0]?.seq ?? 0;
    let newFrom = conversation.more && oldest > this.newFrom ? 0 : this.newFrom;
    /** @type {Line | null} */
    let before = null;
    for (const line of this.#lines()) {
      const newDay = !before || dayKey(before.ts) !== dayKey(line.ts);
      if (newDay) wanted.push(this.#divider(`day/${dayKey(line.ts)}`, 'day', dayName(line.ts)));
      const isNew = newFrom > 0 && line.seq !== undefined && line.seq >= newFrom && line.author.id !== this.rooms.me.id;
      if (isNew) wanted.push(this.#divider('new', 'day day--new', plural(this.newCount, '# new message', '# new messages')));
      if (isNew) newFrom = 0;
      const first = newDay || isNew || before?.author.id !== line.author.id || line.ts - before.ts > GROUP_MS;
      wanted.push(this.#row(line, first));
      before = line;
    }
    if (!before) wanted.push(this.#empty());
    this.#place(wanted);
    this.#drawWaiting();
    if (anchor) this.scroller.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top;
    else if (atEnd) this.scroller.scrollTop = 0;
    this.#markRead();
  }

  /** @param {HTMLElement[]} wanted */
  #place(wanted) {
    const keep = new Set(wanted);
    for (const child of [...this.messages.children]) if (!keep.has(child)) child.remove();
    for (const [key, row] of this.rows) if (!keep.has(row)) this.rows.delete(key);
    /** @type {Element | null} */
    let at = this.messages.firstElementChild;
    for (const row of wanted) {
      if (row === at) at = row.nextElementSibling;
      else this.messages.insertBefore(row, at);
    }
  }

  /** @param {string} key @param {string} classes @param {string} words */
  #divider(key, classes, words) {
    const row = this.rows.get(key) ?? el('li', { class: classes }, el('h2'));
    this.rows.set(key, row);
    const heading = /** @type {Element} */ (row.firstElementChild);
    if (heading.textContent !== words) heading.textContent = words;
    return row;
  }

  #empty() {
    const known = this.rows.get('empty');
    if (known) return known;
    const conversation = /** @type {Conversation} */ (this.conversation);
    const row = el('li', {}, el('div', { class: 'empty' }, icon('mark', 'empty__art'), el('h2', {}, 'Say the first thing'),
      el('p', {}, 'This is the very start of ', el('strong', { dir: 'auto' }, nameOf(conversation)), '.'),
      conversation.kind === 'group' && el('button', { class: 'btn btn--act', type: 'button', onclick: this.actions.onAdd }, 'Add people')));
    this.rows.set('empty', row);
    return row;
  }

  /** @param {Line} line @param {boolean} first of its author's group */
  #row(line, first) {
    const own = line.author.id === this.rooms.me.id;
    const state = this.#stateOf(line, own);
    const look = [first, state, line.body].join('\n');
    const row = this.rows.get(line.key) ?? el('li');
    this.rows.set(line.key, row);
    if (this.drawn.get(row) === look) return row;
    this.drawn.set(row, look);
    row.className = `msg${own ? ' msg--own' : ''}${first ? ' msg--first' : ''}${state === 'failed' ? ' is-failed' : line.waiting ? ' is-sending' : ''}`;
    const time = timeOfDay(line.ts);
    const stamp = el('time', { datetime: new Date(line.ts).toISOString() }, time);
    const bubble = line.body === undefined ? el('div', { class: 'bubble bubble--gone' }, 'Message deleted')
      : el('div', { class: 'bubble', dir: 'auto' }, el('p', {}, ...withLinks(line.body)));
    if (own) row.replaceChildren(el('div', { class: 'msg__body' }, el('span', { class: 'vh' }, `You, ${time}`), bubble, this.#meta(line, state, stamp)));
    else if (first) {
      row.replaceChildren(personAvatar(line.author), el('div', { class: 'msg__body' },
        el('p', { class: 'msg__head' }, el('span', { class: 'msg__who', dir: 'auto' }, line.author.name), ' ', stamp), bubble));
    } else row.replaceChildren(el('div', { class: 'msg__body' }, el('span', { class: 'vh' }, `${line.author.name}, ${time}`), bubble));
    return row;
  }

  /** @param {Line} line @param {boolean} own */
  #stateOf(line, own) {
    if (line.waiting) return line.waiting.failed ? 'failed' : line.waiting.slow ? 'slow' : 'sending';
    if (!own) return '';
    const { reads, kind, members } = /** @type {Conversation} */ (this.conversation);
    const seen = [...reads.values()].filter((seq) => seq >= /** @type {number} */ (line.seq)).length;
    if (seen && kind === 'direct') return 'read';
    return seen && seen >= members - 1 ? 'read by everyone' : 'sent';
  }

  /** What stands under an own message: only what the server has said. @param {Line} line @param {string} state @param {Node} stamp */
  #meta(line, state, stamp) {
    const { waiting } = line;
    if (waiting?.failed) {
      return el('span', { class: 'msg__meta' }, icon('alert'), ` Not sent. ${waiting.why} `,
        el('button', { class: 'btn btn--bad-line btn--sm', type: 'button', onclick: () => this.outbox.retry(waiting.cmid) }, icon('retry', 'icon icon--sm'), ' Try again'), ' ',
        el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => this.#delete(waiting.cmid) }, 'Delete'));
    }
    if (waiting) {
      const words = state === 'slow' ? 'Sending…' : el('span', { class: 'vh' }, 'Waiting for the server');
      return el('span', { class: 'msg__meta' }, stamp, ' ', icon('clock'), words);
    }
    const read = state.startsWith('read');
    return el('span', { class: `msg__meta${read ? ' msg__meta--read' : ''}` }, stamp, ' ', icon(read ? 'check-double' : 'check'),
      el('span', { class: 'vh' }, state === 'read' ? 'Read' : read ? 'Read by everyone' : 'Sent'));
  }

  /** @param {string} cmid */
  #delete(cmid) {
    this.outbox.remove(cmid);
    announce('The message that was not sent is deleted.');
    this.composer?.focus();
  }

  #drawWaiting() {
    const items = this.outbox.of(this.id);
    const failed = items.filter((item) => item.failed).length;
    const waiting = items.length - failed;
    const show = document.body.dataset.net === 'offline' && items.length > 0;
    this.waitingLine.hidden = !show;
    if (!show) return;
    const parts = [waiting && plural(waiting, '# message is waiting', '# messages are waiting'), failed && plural(failed, '# needs you', '# need you')];
    this.waitingLine.replaceChildren(icon('clock', 'icon icon--sm'), ` ${parts.filter(Boolean).join(', ')}`);
  }

  #isAtEnd() {
    return !this.scroller || this.scroller.scrollTop > -NEAR_PX;
  }

  /** The first message that is in sight, and where. */
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    const row = [...this.messages.children].find((child) => child !== this.older && child.getBoundingClientRect().bottom > top);
    return row ? { row, top: row.getBoundingClientRect().top } : null;
  }

  #scrolled() {
    if (this.#isAtEnd()) {
      this.below = 0;
      this.#markRead();
    }
    this.#drawJump();
  }

  #drawJump() {
    this.jump.hidden = this.#isAtEnd();
    const words = this.below ? plural(this.below, '# new', '# new') : 'To the newest';
    if (this.jump.textContent.trim() !== words) this.jump.replaceChildren(icon('arrow-down', 'icon icon--sm'), ` ${words}`);
  }

  #toEnd() {
    this.scroller.scrollTop = 0;
    this.below = 0;
    this.#drawJump();
  }

  async #loadOlder() {
    if (this.loadingOlder || !this.conversation?.more) return;
    this.loadingOlder = true;
    const button = this.older.querySelector('button');
    button.textContent = 'Loading…';
    try {
      await this.rooms.older(this.id);
    } catch {
      announce('The older messages did not load. Try again.');
    }
    button.textContent = 'Load older messages';
    this.loadingOlder = false;
    // Asks anew whether it is in sight: a reader who stays at the top sees no change.
    this.observer?.unobserve(this.older);
    this.observer?.observe(this.older);
  }

  /** @param {{conversation: Conversation}} detail */
  #heard({ conversation }) {
    if (!this.conversation || conversation.id !== this.id || this.#isAtEnd()) return;
    this.below += 1;
    this.#drawJump();
  }

  /** Tells the server only what a person can have seen: this page, in front, at its end. */
  #markRead() {
    const inSight = this.root.checkVisibility?.() ?? true;
    if (this.conversation && inSight && document.visibilityState === 'visible' && document.hasFocus() && this.#isAtEnd()) this.rooms.markRead(this.id);
  }
}

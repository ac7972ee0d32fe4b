// One conversation: its head, where the reader stands in its messages, what is written below them.

import { Actions } from './actions.js';
import { excerpt } from './bubble.js';
import { Composer } from './composer.js';
import { announce, announceInstead, byId, el, icon } from './dom.js';
import { typingWords } from './here.js';
import { avatarOf } from './list.js';
import { nameOf } from './rooms.js';
import { Rows } from './rows.js';
import { holdWords, mutedWords } from './standing.js';
import { undo } from './undo.js';
import { parts, say, sayBy } from './words.js';

const NEAR_PX = 200;
const SKELETON_MS = 300;
const LONG_MS = 8_000;

/** @typedef {import('./rooms.js').Conversation} Conversation */

/** What stands under the name. @param {Conversation} conversation */
export function subtitleOf(conversation) {
  if (conversation.with) return `@${conversation.with.username}`;
  return say(conversation.kind === 'room' ? 'thread.room' : 'thread.group', { n: conversation.members });
}

/** The open conversation in the page. Made anew for each one that is opened. */
export class ThreadView {
  /**
   * @param {import('./rooms.js').Rooms} rooms
   * @param {import('./outbox.js').Outbox} outbox
   * @param {string} id
   * @param {{onBack: (event: Event) => void, onAdd: () => void, first: () => HTMLElement | null}} actions
   */
  constructor(rooms, outbox, id, actions) {
    this.rooms = rooms;
    this.outbox = outbox;
    this.id = id;
    this.actions = actions;
    this.root = byId('thread');
    /** @type {Conversation | null} */
    this.conversation = null;
    /** The first message that was new when this was opened, and how many there were. */
    this.newFrom = 0;
    this.newCount = 0;
    this.below = 0;
    this.loading = false;
    this.ends = new AbortController();
    const { signal } = this.ends;
    rooms.addEventListener('room', (event) => this.#ifMine(/** @type {CustomEvent} */ (event), () => this.draw()), { signal });
    rooms.addEventListener('list', () => this.#drawHead(), { signal });
    rooms.addEventListener('message', (event) => this.#heard(/** @type {CustomEvent} */ (event).detail), { signal });
    document.addEventListener('visibilitychange', () => this.#markRead(), { signal });
    window.addEventListener('focus', () => this.#markRead(), { signal });
    rooms.client.addEventListener('welcome', () => this.#markRead(), { signal });
    rooms.here.addEventListener('change', (event) => {
      if (/** @type {CustomEvent} */ (event).detail.room === id) this.#drawHere();
    }, { signal });
    undo.addEventListener('change', (event) => this.#undone(/** @type {CustomEvent} */ (event).detail), { signal });
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
    return el('a', { class: 'icon-btn only-phone', href: '#', 'aria-label': say('thread.back'), onclick: this.actions.onBack }, icon('arrow-left'));
  }

  /** @param {Conversation} [known] */
  #skeleton(known) {
    const bubble = () => el('div', { class: 'msg msg--first' }, el('span', { class: 'skeleton skeleton--circle' }),
      el('div', { class: 'msg__body stack stack--sm' }, el('span', { class: 'skeleton skeleton--half' }), el('span', { class: 'skeleton skeleton--bubble' })));
    this.root.removeAttribute('aria-label');
    this.root.setAttribute('aria-labelledby', 'thread-title');
    this.root.replaceChildren(
      el('header', { class: 'thread__head' }, this.#backLink(), el('div', { class: 'grow' }, el('h1', { id: 'thread-title', tabindex: '-1', class: 'truncate', dir: 'auto' }, known ? say('thread.opening-name', { name: nameOf(known) }) : say('thread.opening')))),
      el('div', { class: 'thread__scroll', role: 'region', 'aria-label': say('thread.messages'), 'aria-busy': 'true', tabindex: '0' },
        el('div', { class: 'messages', id: 'messages', 'aria-hidden': 'true' }, bubble(), bubble(), bubble(), bubble())),
      el('div', { class: 'thread__foot', id: 'slow' }));
  }

  #slow() {
    document.getElementById('slow')?.replaceChildren(el('p', { class: 'typing', role: 'status' }, icon('clock', 'icon icon--sm'), say('thread.slow'),
      el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick: () => this.rooms.client.tryNow() }, say('thread.try-now'))));
  }

  #build() {
    const conversation = /** @type {Conversation} */ (this.conversation);
    this.newFrom = conversation.unread ? conversation.read + 1 : 0;
    this.newCount = conversation.unread;
    this.title = el('h1', { class: 'truncate', id: 'thread-title', tabindex: '-1', dir: 'auto' });
    this.subtitle = el('p', { class: 'truncate', dir: 'auto' });
    this.face = el('span', { class: 'not-phone' });
    this.details = el('a', { class: 'icon-btn', href: `#room/${this.id}/details`, 'aria-label': say('details.label'), id: 'details-link' }, icon('panel'));
    this.messages = el('ol', { class: 'messages', id: 'messages' });
    this.older = this.#loader(say('thread.older'), () => this.#load('older'));
    this.later = this.#loader(say('thread.later'), () => this.#load('later'));
    this.scroller = el('div', { class: 'thread__scroll', role: 'region', 'aria-label': say('thread.messages'), tabindex: '0' }, this.messages);
    this.jump = el('button', { class: 'btn btn--act btn--sm jump', type: 'button', hidden: true, onclick: () => this.#toEnd() });
    this.waitingLine = el('p', { class: 'typing', id: 'off-note', hidden: true });
    this.typingLine = el('p', { class: 'typing', id: 'typing', hidden: true });
    this.composer = this.#composer();
    const foot = el('div', { class: 'thread__foot' }, this.waitingLine, this.typingLine, this.composer.form);
    this.root.removeAttribute('aria-label');
    this.root.setAttribute('aria-labelledby', 'thread-title');
    this.root.replaceChildren(
      el('header', { class: 'thread__head' }, this.#backLink(), this.face, el('div', { class: 'grow' }, this.title, this.subtitle), this.details),
      this.scroller, foot, this.jump);
    this.rows = new Rows({ rooms: this.rooms, id: this.id, list: this.messages, empty: () => this.#empty(), jump: (seq) => this.#jump(seq),
      dropUnsent: (cmid) => this.#dropUnsent(cmid), editAgain: (message, text) => this.composer?.change(message, text) });
    this.doing = new Actions({ rooms: this.rooms, id: this.id, root: this.root, scroller: this.scroller, list: this.messages, signal: this.ends.signal,
      find: (seq) => this.rows?.shown.get(seq) ?? null, rowOf: (seq) => this.rows?.rowOf(seq) ?? null, makeCurrent: (row) => this.rows?.makeCurrent(row), current: () => this.rows?.current ?? null,
      reply: (message) => this.composer?.answer(message.seq), edit: (message) => this.composer?.change(message) });
    this.rows.actions = this.doing;
    this.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true });
    this.observer = new IntersectionObserver((seen) => {
      for (const { isIntersecting, target } of seen) if (isIntersecting) this.#load(target === this.older ? 'older' : 'later');
    }, { root: this.scroller, rootMargin: '300px 0px 300px 0px' });
    this.observer.observe(this.older);
    this.observer.observe(this.later);
    this.#drawHead();
    this.draw();
    this.#drawHere();
    this.#markRead();
  }

  /** @param {string} name @param {() => void} onclick */
  #loader(name, onclick) {
    return el('li', { class: 'older' }, el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick }, name));
  }

  #composer() {
    const { rooms, id } = this;
    return new Composer({ room: id, account: rooms.me.id,
      send: (body, reply) => {
        this.outbox.add(id, body, reply ?? undefined);
        this.#toEnd();
      },
      save: (change, body) => rooms.deeds.edit(id, change, body),
      typing: () => rooms.here.type(id),
      editLast: () => this.#editLast(),
      quoted: (seq) => this.#quoted(seq),
      held: (mode) => {
        const conversation = rooms.all.get(id);
        if (!conversation) return '';
        return mode === 'edit' ? mutedWords(conversation) : holdWords(conversation);
      } });
  }

  /** @param {number} seq */
  #quoted(seq) {
    if (!this.conversation) return null;
    const message = this.rows?.shown.get(seq) ?? this.rooms.history.quoted(this.conversation, seq);
    return message ? { name: message.author.name, own: message.author.id === this.rooms.me.id, text: excerpt(message.body ?? '') } : null;
  }

  #editLast() {
    const last = [...(this.rows?.shown.values() ?? [])].reverse().find((line) => line.author.id === this.rooms.me.id && !this.doing?.allowed(line).edit && !line.erasing);
    if (last) this.composer?.change(last);
    else announce(say('thread.nothing-to-edit'));
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
    this.#drawHere();
  }

  /** Who is here and who is writing, as far as it is known. */
  #drawHere() {
    const { conversation } = this;
    if (!conversation || !this.typingLine) return;
    const { here } = this.rooms;
    const known = here.presence(this.id);
    let under = subtitleOf(conversation);
    if (conversation.with) {
      const isHere = here.isHere(this.id, conversation.with.id);
      if (isHere !== null) under = say(isHere ? 'thread.is-here' : 'thread.not-here', { under });
      const dot = this.face.querySelector('.dot');
      const classes = isHere === null ? '' : isHere ? 'dot' : 'dot dot--off';
      if ((dot?.className ?? '') !== classes) {
        dot?.remove();
        if (classes) this.face.firstElementChild?.append(el('span', { class: classes }));
      }
    } else if (known) under = say('thread.here', { under, n: known.count });
    if (this.subtitle.textContent !== under) this.subtitle.textContent = under;
    const sentence = typingWords(conversation, here.writers(this.id));
    this.typingLine.hidden = !sentence;
    if (this.typingLine.dataset.sentence === sentence) return;
    this.typingLine.dataset.sentence = sentence;
    this.typingLine.replaceChildren(...(sentence ? [el('span', { class: 'typing__dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i')), el('span', { dir: 'auto' }, sentence)] : []));
  }

  /** Draws what changed. The reader's place stays where it is, unless it is the end. */
  draw() {
    const conversation = /** @type {Conversation} */ (this.conversation);
    if (!conversation.messages || !this.rows) return;
    const atEnd = this.#isAtEnd();
    const anchor = atEnd ? null : this.#anchor();
    this.rows.draw(conversation, { older: this.older, later: this.later, newFrom: this.newFrom, newCount: this.newCount });
    this.#drawWaiting();
    this.composer?.draw();
    if (anchor?.row.isConnected) this.scroller.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top;
    else if (atEnd && !conversation.later) this.scroller.scrollTop = 0;
    this.#whereWeAre();
    this.#markRead();
  }

  #empty() {
    if (!this.emptyRow) {
      this.emptyRow = el('li');
      this.greet();
    }
    return this.emptyRow;
  }

  /** What stands in a conversation in which nothing was said. */
  greet() {
    if (!this.emptyRow) return;
    const conversation = /** @type {Conversation} */ (this.conversation);
    this.emptyRow.replaceChildren(this.actions.first() ?? el('div', { class: 'empty' }, icon('mark', 'empty__art'), el('h2', {}, say('thread.first')),
      el('p', {}, ...parts('thread.start', { name: el('strong', { dir: 'auto' }, nameOf(conversation)) })),
      conversation.kind === 'group' && el('button', { class: 'btn btn--act', type: 'button', onclick: this.actions.onAdd }, say('thread.add'))));
  }

  /** @param {string} cmid */
  #dropUnsent(cmid) {
    this.outbox.remove(cmid);
    announce(say('thread.unsent-gone'));
    this.composer?.focus();
  }

  /** A message is about to be deleted, is, or stays. @param {{room: string, seq: number, back: boolean}} detail */
  #undone({ room, seq, back }) {
    if (room !== this.id || !this.conversation) return;
    this.draw();
    if (!back) this.composer?.forget(seq);
    else if (document.activeElement === document.body) this.rows?.rowOf(seq)?.focus({ preventScroll: true });
  }

  #drawWaiting() {
    const items = this.outbox.of(this.id);
    const failed = items.filter((item) => item.failed).length;
    const waiting = items.length - failed;
    const show = document.body.dataset.net === 'offline' && items.length > 0;
    this.waitingLine.hidden = !show;
    if (!show) return;
    const said = [waiting && say('thread.waiting', { n: waiting }), failed && say('thread.needs-you', { n: failed })];
    this.waitingLine.replaceChildren(icon('clock', 'icon icon--sm'), ` ${said.filter(Boolean).join(', ')}`);
  }

  #isAtEnd() {
    return !this.scroller || (this.scroller.scrollTop > -NEAR_PX && !this.conversation?.later);
  }

  /** The first message that is in sight, and where; no divider: the one of a day goes up as older messages come. */
  #anchor() {
    const top = this.scroller.getBoundingClientRect().top;
    const row = [...this.messages.children].find((child) => child.classList.contains('msg') && child.getBoundingClientRect().bottom > top);
    return row ? { row, top: row.getBoundingClientRect().top } : null;
  }

  #scrolled() {
    this.#whereWeAre();
    if (this.#isAtEnd()) this.#markRead();
  }

  /** Whether the reader is at the end: then what comes is seen and old messages may go. */
  #whereWeAre() {
    const atEnd = this.#isAtEnd();
    if (this.conversation) this.conversation.away = !atEnd;
    if (atEnd) this.below = 0;
    this.jump.hidden = atEnd;
    const title = this.below ? say('thread.n-new', { n: this.below }) : say('thread.to-newest');
    if (this.jump.textContent.trim() !== title) this.jump.replaceChildren(icon('arrow-down', 'icon icon--sm'), ` ${title}`);
  }

  async #toEnd() {
    const { conversation } = this;
    if (conversation?.later) {
      try {
        await this.rooms.history.newest(conversation);
      } catch {
        announce(say('thread.later-failed'));
        return;
      }
    }
    this.scroller.scrollTop = 0;
    this.#whereWeAre();
    this.#markRead();
  }

  /** Shows a message, wherever it stands. @param {number} seq */
  async #jump(seq) {
    const conversation = /** @type {Conversation} */ (this.conversation);
    if (!this.rows?.rowOf(seq)) {
      try {
        await this.rooms.history.around(conversation, seq);
      } catch {
        announceInstead(say('thread.jump-failed'));
        return;
      }
    }
    const row = this.rows?.rowOf(seq);
    if (!row) {
      announceInstead(say('thread.jump-failed'));
      return;
    }
    row.scrollIntoView({ block: 'center' });
    row.focus({ preventScroll: true });
    row.classList.remove('is-shown');
    void row.offsetWidth;
    row.classList.add('is-shown');
    this.#whereWeAre();
  }

  /** @param {'older' | 'later'} which */
  async #load(which) {
    const { conversation } = this;
    if (this.loading || !conversation || !(which === 'older' ? conversation.more : conversation.later)) return;
    this.loading = true;
    const line = which === 'older' ? this.older : this.later;
    line.firstElementChild.textContent = say('thread.loading');
    try {
      await this.rooms.history[which](conversation);
    } catch {
      announce(which === 'older' ? say('thread.older-failed') : say('thread.later-failed'));
    }
    line.firstElementChild.textContent = sayBy(`thread.${which}`);
    this.loading = false;
    // Asks anew whether it is in sight: a reader who stays there sees no change.
    this.observer?.unobserve(line);
    this.observer?.observe(line);
  }

  /** @param {{conversation: Conversation}} detail */
  #heard({ conversation }) {
    if (!this.conversation || conversation.id !== this.id || this.#isAtEnd()) return;
    this.below += 1;
    this.#whereWeAre();
  }

  /** Tells the server only what a person can have seen: this page, in front, at its end. */
  #markRead() {
    const inSight = this.root.checkVisibility?.() ?? true;
    if (this.conversation && inSight && document.visibilityState === 'visible' && document.hasFocus() && this.#isAtEnd()) this.rooms.markRead(this.id);
  }
}

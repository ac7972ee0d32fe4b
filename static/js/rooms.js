// The conversations of the person signed in and what is known of each: the list, the messages of those
// that were opened, who has read how far. Everything here follows from events; nothing draws.

import { CommandError } from './client.js';
import { count, letGo, nameOf, newestFirst, readBy, takeIn } from './conversation.js';
import { Here } from './here.js';
import { History } from './history.js';
import { Marks } from './marks.js';
import { MOST, altered, merged, named, reacted } from './messages.js';
import { Refused, call, callAll } from './session.js';
import { held, muted, ordered, paused } from './standing.js';

/** So many more than are kept at once are let in before some are let go of. */
const SLACK = 100;

export { nameOf };

/**
 * @typedef {import('./client.js').Person} Person
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./conversation.js').Member} Member
 * @typedef {import('./conversation.js').Conversation} Conversation
 */

/**
 * Events: `list` (order, names, counts), `room` (`detail.id`: its messages or marks), `message`
 * (`detail.conversation`, `detail.message`: somebody else said something just now), `gone` (`detail.id`).
 */
export class Rooms extends EventTarget {
  /**
   * @param {import('./client.js').Client} client
   * @param {import('./outbox.js').Outbox} outbox
   * @param {import('./deeds.js').Deeds} deeds
   * @param {{id: string, username: string, display_name: string, personal_room: string}} me
   */
  constructor(client, outbox, deeds, me) {
    super();
    this.client = client;
    this.outbox = outbox;
    this.deeds = deeds;
    this.history = new History(client, (id) => this.#changed(id), (message) => this.#settle(message));
    this.me = { id: me.id, username: me.username, name: me.display_name };
    this.personal = me.personal_room;
    this.here = new Here(client, me.id);
    /** @type {Map<string, Conversation>} */
    this.all = new Map();
    this.loaded = false;
    /** @type {Map<string, Promise<Conversation>>} */
    this.fetching = new Map();
    this.reloadTimer = 0;
    this.marks = new Marks(client, (conversation) => this.all.get(conversation.id) === conversation);
    client.addEventListener('event', (event) => this.#happened(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('reset', (event) => this.#reset(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('gone', (event) => this.#gone(/** @type {CustomEvent} */ (event).detail.room));
    client.addEventListener('welcome', (event) => this.#welcome(/** @type {CustomEvent} */ (event).detail));
    outbox.addEventListener('sent', (event) => this.#sent(/** @type {CustomEvent} */ (event).detail));
    for (const queue of [outbox, deeds]) queue.addEventListener('change', (event) => this.#changed(/** @type {CustomEvent} */ (event).detail.room));
    for (const told of [outbox, deeds, this.here]) told.addEventListener('refused', (event) => this.refused(/** @type {CustomEvent} */ (event).detail));
  }

  /** Newest activity first. @returns {Conversation[]} */
  list() {
    return newestFirst(this.all.values());
  }

  /** Messages of others that are not read, in all conversations. */
  unread() {
    return [...this.all.values()].reduce((sum, { unread }) => sum + unread, 0);
  }

  /** Reads the whole list anew. */
  async load() {
    const before = [...this.all.keys()];
    const items = await callAll('me/conversations');
    let activity = Date.now();
    for (const item of items) {
      // Each a little below the one before: one without a message keeps the place that the server gave it.
      activity = Math.min(activity - 1, item.last?.ts ?? activity);
      this.#take(item, activity);
    }
    const there = new Set(items.map(({ id }) => id));
    for (const id of before) if (!there.has(id)) this.all.delete(id);
    this.loaded = true;
    this.#listChanged();
  }

  /**
   * One conversation, asked for if it is not known. Throws {@link Refused} with 404 when it is not there
   * or not for us.
   * @param {string} id
   * @returns {Promise<Conversation>}
   */
  async find(id) {
    return this.all.get(id) ?? this.#fetch(id);
  }

  /** @param {string} id */
  #fetch(id) {
    let asked = this.fetching.get(id);
    if (!asked) {
      asked = call('GET', `conversations/${encodeURIComponent(id)}`)
        .then((item) => {
          const known = this.all.get(id);
          const conversation = this.#take(item, item.last?.ts ?? known?.activity ?? Date.now());
          this.#listChanged();
          return conversation;
        })
        .finally(() => this.fetching.delete(id));
      this.fetching.set(id, asked);
    }
    return asked;
  }

  /** Takes what the server says of a conversation, unless events have told more. @param {any} item @param {number} activity */
  #take(item, activity) {
    const conversation = takeIn(this.all.get(item.id), item, activity);
    this.all.set(item.id, conversation);
    return conversation;
  }

  /** Makes one appear that was opened just now, here or by somebody else. @param {string} id */
  async add(id) {
    await this.history.connected((client) => client.subscribe(id));
    return this.#fetch(id);
  }

  /**
   * Makes a conversation ready to be read: heard live, with its newest messages.
   * @param {string} id
   */
  async open(id) {
    const conversation = await this.find(id);
    await this.history.connected((client) => client.subscribe(id));
    if (!conversation.messages) await this.history.newest(conversation);
    return conversation;
  }

  /** Who is in it, and how far they have read. @param {string} id */
  async loadPeople(id) {
    const conversation = await this.find(id);
    conversation.people = await callAll(`conversations/${encodeURIComponent(id)}/members`, 500);
    for (const { user, read } of conversation.people) this.#readBy(conversation, user.id, read);
    this.#changed(id);
  }

  /** Everything there is has been seen. @param {string} id */
  markRead(id) {
    const conversation = this.all.get(id);
    if (!conversation || conversation.later || !this.marks.rise(conversation)) return;
    conversation.unread = 0;
    this.#listChanged();
  }

  /** Who reacted to a message, as the server lists it. @param {string} id @param {number} seq @param {{emoji: string, user: Person}[]} items */
  reactors(id, seq, items) {
    const message = this.all.get(id)?.messages?.find((one) => one.seq === seq);
    if (!message) return;
    named(message, items);
    this.#changed(id);
  }

  /** The server takes nothing in it for a time. @param {{item: {room: string}, code: string, afterMs: number}} detail */
  refused({ item, code, afterMs }) {
    this.#standing(item.room, (conversation) => held(conversation, { code, afterMs }));
  }

  /** Lets go of messages of a conversation that is not shown any more. @param {string} id */
  leave(id) {
    const conversation = this.all.get(id);
    if (conversation) letGo(conversation);
  }

  /** @param {import('./client.js').WireEvent} event */
  #happened(event) {
    if (event.event === 'tops') this.#tops(event.d);
    else if (event.room === this.personal) this.#ofMe(event);
    else if (event.event === 'message.new') this.#message(event);
    else if (event.event === 'message.edited' || event.event === 'message.deleted' || event.event === 'reaction') this.#altered(event);
    else if (event.event === 'read') this.#read(event);
    else if (event.event.startsWith('member.')) this.#peopleChanged(event);
    else this.#moved(event);
    if (event.room && event.seq !== undefined) this.deeds.reached(event.room, event.seq);
  }

  /** What is told of the own account: it came into a room, left it, or stands otherwise in it. @param {import('./client.js').WireEvent} event */
  #ofMe({ event, d }) {
    const id = d.conversation?.id;
    if (!id) return;
    if (event === 'member.left') this.#gone(id);
    else if (event === 'member.joined') this.#addQuietly(id);
    else if (event === 'moderation.muted') this.#standing(id, (conversation) => muted(conversation, d.until_ts, d.reason));
    else if (this.all.has(id)) this.#fetch(id).catch(() => {});
  }

  /** What one may do in it changes. @param {string} id @param {(conversation: Conversation) => void} change */
  #standing(id, change) {
    const conversation = this.all.get(id);
    if (!conversation) return;
    change(conversation);
    this.#changed(id);
  }

  /** The room's log goes on, perhaps by a step of its order. @param {import('./client.js').WireEvent} event */
  #moved(event) {
    const { room, seq } = event;
    const conversation = this.all.get(room ?? '');
    if (!conversation || seq === undefined) return;
    conversation.top = Math.max(conversation.top, seq);
    if (ordered(conversation, event, this.me.id)) this.#changed(conversation.id);
  }

  /** A message has another text, none any more, or other reactions. @param {any} event */
  #altered(event) {
    const { room, d } = event;
    this.#moved(event);
    const conversation = this.all.get(room);
    if (!conversation) return;
    const quoted = conversation.quotes.get(d.target);
    const copies = new Set([...(conversation.messages ?? []), ...(conversation.last ? [conversation.last] : []), ...(quoted ? [quoted] : [])]);
    for (const message of copies) {
      if (event.event === 'reaction') reacted(message, event, this.me.id);
      else altered(message, event);
    }
    if (event.event !== 'reaction') this.#listChanged();
    this.#changed(room);
  }

  /** @param {any} event */
  #message({ room, seq, ts, d }) {
    const conversation = this.all.get(room);
    this.#settle(d);
    if (!conversation) {
      this.#addQuietly(room);
      return;
    }
    const message = { seq, ts, author: d.author, body: d.body, cmid: d.cmid, rev: d.rev, reply_to: d.reply_to };
    const isNew = seq > conversation.top;
    this.#seen(conversation, message);
    if (message.author.id !== this.me.id) {
      count(conversation, seq);
      this.#readBy(conversation, message.author.id, seq);
      if (isNew) this.dispatchEvent(new CustomEvent('message', { detail: { conversation, message } }));
    }
    this.#listChanged();
    this.#changed(room);
  }

  /** It is in the log: the own one waits no more. @param {{author: Person, cmid?: string}} message */
  #settle({ author, cmid }) {
    if (author.id === this.me.id && cmid) this.outbox.remove(cmid);
  }

  /** A message that stands in the log now. @param {Conversation} conversation @param {Message} message */
  #seen(conversation, message) {
    conversation.heard = Math.max(conversation.heard, message.seq);
    if (conversation.messages && !conversation.later) this.#merge(conversation, message);
    if (message.seq <= (conversation.last?.seq ?? 0)) return;
    Object.assign(conversation, { top: Math.max(conversation.top, message.seq), last: message, activity: message.ts });
  }

  /** Acknowledged: it is in the log. Its event follows and is then known. @param {any} item */
  #sent({ room, seq, ts, cmid, body, reply_to }) {
    const conversation = this.all.get(room);
    if (!conversation) return;
    const first = conversation.messages?.[0]?.seq ?? 0;
    if (seq >= first || !conversation.more) this.#seen(conversation, { seq, ts, author: this.me, body, cmid, reply_to });
    paused(conversation);
    this.#listChanged();
    this.#changed(room);
  }

  /** @param {Conversation} conversation @param {Message} message */
  #merge(conversation, message) {
    // Acknowledged and heard are the same message; what was heard of it since stays.
    if (conversation.messages?.some(({ seq }) => seq === message.seq)) return;
    conversation.messages = merged(conversation.messages ?? [], [message]);
    if (conversation.messages.length <= MOST + SLACK) return;
    if (conversation.away) Object.assign(conversation, { messages: conversation.messages.slice(0, MOST), later: true });
    else Object.assign(conversation, { messages: conversation.messages.slice(-MOST), more: true });
  }

  /** @param {Record<string, {top: number, unread: number}>} tops */
  #tops(tops) {
    for (const [id, { top, unread }] of Object.entries(tops)) {
      const conversation = this.all.get(id);
      if (!conversation) {
        if (id !== this.personal) this.#addQuietly(id);
        continue;
      }
      if (top < conversation.counted) continue;
      conversation.counted = top;
      conversation.unread = top <= conversation.read ? 0 : unread;
    }
    this.#listChanged();
  }

  /** @param {any} event */
  #read({ room, d }) {
    const conversation = this.all.get(room);
    if (!conversation) return;
    if (d.user === this.me.id) {
      if (d.seq <= conversation.read) return;
      conversation.read = d.seq;
      if (d.seq >= conversation.counted) conversation.unread = 0;
      this.#listChanged();
    } else if (this.#readBy(conversation, d.user, d.seq)) this.#changed(room);
  }

  /** @param {Conversation} conversation @param {string} user @param {number} seq */
  #readBy(conversation, user, seq) {
    return user !== this.me.id && readBy(conversation, user, seq);
  }

  /** Somebody came, went or has another role. @param {any} event */
  #peopleChanged(event) {
    const { room } = event;
    this.#moved(event);
    const conversation = this.all.get(room);
    if (!conversation) return;
    this.#fetch(room).catch(() => {});
    if (conversation.people.length) this.loadPeople(room).catch(() => {});
  }

  /** @param {{room: string, top: number, snapshot: any}} detail */
  #reset({ room, top, snapshot }) {
    const conversation = this.all.get(room);
    if (!conversation) return;
    const wasOpen = conversation.messages !== null;
    Object.assign(conversation, { messages: null, later: false, heard: 0, last: undefined, top: 0, counted: 0, read: 0, reads: new Map(), quotes: new Map() });
    muted(conversation, snapshot?.muted_until_ts);
    conversation.slowMode = snapshot?.slow_mode ?? 0;
    for (const [user, seq] of Object.entries(snapshot?.reads ?? {})) this.#readBy(conversation, user, seq);
    this.deeds.reached(room, top);
    if (wasOpen) this.history.newest(conversation).catch(() => {});
    this.#reloadSoon();
  }

  /** @param {string} id */
  #gone(id) {
    if (!this.all.delete(id)) return;
    for (const queue of [this.outbox, this.deeds]) for (const { cmid } of queue.of(id)) queue.remove(cmid);
    this.#listChanged();
    this.dispatchEvent(new CustomEvent('gone', { detail: { id } }));
  }

  /** What moved between reading the list and being connected shows in the tops. @param {any} welcome */
  #welcome({ rooms }) {
    if (!this.loaded) return;
    const moved = rooms.some((/** @type {any} */ line) => line.room !== this.personal && line.state !== 'gone' && line.after > (this.all.get(line.room)?.top ?? -1));
    if (moved) this.#reloadSoon();
  }

  #reloadSoon() {
    window.clearTimeout(this.reloadTimer);
    this.reloadTimer = window.setTimeout(() => this.load().catch(() => {}), 50);
  }

  /** @param {string} id */
  #addQuietly(id) {
    this.add(id).catch((error) => {
      if (!(error instanceof Refused || error instanceof CommandError)) throw error;
    });
  }

  #listChanged() {
    this.dispatchEvent(new CustomEvent('list'));
  }

  /** @param {string} id */
  #changed(id) {
    this.dispatchEvent(new CustomEvent('room', { detail: { id } }));
  }
}

// The conversations of the person signed in and what is known of each: the list, the messages of those
// that were opened, who has read how far. Everything here follows from events; nothing draws.

import { CommandError } from './client.js';
import { alter, count, letGo, merged, newestFirst, readBy, takeIn } from './conversation.js';
import { Refused, call, callAll } from './session.js';

export { nameOf } from './conversation.js';

const PAGE = 50;
/** A mark rises with every message that is seen; the server hears of it so often. */
const MARK_EVERY_MS = 1000;

/**
 * @typedef {import('./conversation.js').Conversation} Conversation
 * @typedef {import('./conversation.js').Member} Member
 * @typedef {import('./conversation.js').Message} Message
 */

/**
 * Events: `list` (order, names, counts), `room` (`detail.id`: its messages or marks), `message`
 * (`detail.conversation`, `detail.message`: somebody else said something just now), `gone` (`detail.id`).
 */
export class Rooms extends EventTarget {
  /**
   * @param {import('./client.js').Client} client
   * @param {import('./outbox.js').Outbox} outbox
   * @param {{id: string, username: string, display_name: string, personal_room: string}} me
   */
  constructor(client, outbox, me) {
    super();
    this.client = client;
    this.outbox = outbox;
    this.me = { id: me.id, username: me.username, name: me.display_name };
    this.personal = me.personal_room;
    /** @type {Map<string, Conversation>} */
    this.all = new Map();
    this.loaded = false;
    /** @type {Map<string, Promise<Conversation>>} */
    this.fetching = new Map();
    this.reloadTimer = 0;
    /** @type {Set<string>} conversations whose mark was told within the last moment */
    this.marking = new Set();
    client.addEventListener('event', (event) => this.#happened(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('reset', (event) => this.#reset(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('gone', (event) => this.#gone(/** @type {CustomEvent} */ (event).detail.room));
    client.addEventListener('welcome', (event) => this.#welcome(/** @type {CustomEvent} */ (event).detail));
    outbox.addEventListener('sent', (event) => this.#sent(/** @type {CustomEvent} */ (event).detail));
    outbox.addEventListener('change', (event) => this.#changed(/** @type {CustomEvent} */ (event).detail.room));
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
      activity = Math.min(activity, item.last?.ts ?? activity);
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
    await this.#connected((client) => client.subscribe(id));
    return this.#fetch(id);
  }

  /**
   * Makes a conversation ready to be read: heard live, with its newest messages.
   * @param {string} id
   */
  async open(id) {
    const conversation = await this.find(id);
    await this.#connected((client) => client.subscribe(id));
    if (!conversation.messages) await this.#newest(conversation);
    return conversation;
  }

  /** @param {Conversation} conversation */
  async #newest(conversation) {
    const page = await this.#connected((client) => client.ask('history', conversation.id, { limit: PAGE }));
    conversation.more = page.more;
    this.#merge(conversation, page.messages);
    this.#changed(conversation.id);
  }

  /** Older messages, put in at the top. @param {string} id */
  async older(id) {
    const conversation = this.all.get(id);
    const first = conversation?.messages?.[0];
    if (!conversation || !first || !conversation.more) return;
    const page = await this.#connected((client) => client.ask('history', id, { before: first.seq, limit: PAGE }));
    if (conversation.messages?.[0] !== first) return;
    conversation.more = page.more;
    this.#merge(conversation, page.messages);
    this.#changed(id);
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
    const top = conversation?.messages?.at(-1)?.seq ?? 0;
    if (!conversation || top <= conversation.read || !this.client.welcomed) return;
    conversation.read = top;
    conversation.unread = 0;
    this.#listChanged();
    if (!this.marking.has(id)) this.#mark(conversation);
  }

  /** Tells the mark, at most once a second for each conversation. @param {Conversation} conversation */
  #mark(conversation) {
    const { id, read } = conversation;
    this.marking.add(id);
    window.setTimeout(() => {
      this.marking.delete(id);
      if (conversation.read > read && this.all.get(id) === conversation && this.client.welcomed) this.#mark(conversation);
    }, MARK_EVERY_MS);
    this.client.ask('read', id, { seq: read }).catch(() => {
      // Lost with the connection: the mark goes out again with the next thing that is seen.
      conversation.read = Math.min(conversation.read, read - 1);
    });
  }

  /** Lets go of old messages of a conversation that is not shown any more. @param {string} id */
  leave(id) {
    const conversation = this.all.get(id);
    if (conversation) letGo(conversation);
  }

  /**
   * Does it now, or as soon as there is a connection again.
   * @template T
   * @param {(client: import('./client.js').Client) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async #connected(work) {
    for (;;) {
      try {
        return await work(this.client);
      } catch (error) {
        if (!(error instanceof CommandError && error.code === 'connection_lost')) throw error;
        if (this.client.welcomed) continue;
        await new Promise((resolve) => this.client.addEventListener('welcome', resolve, { once: true }));
      }
    }
  }

  /** @param {import('./client.js').WireEvent} event */
  #happened(event) {
    if (event.event === 'tops') this.#tops(event.d);
    else if (event.room === this.personal) this.#ofMe(event);
    else if (event.event === 'message.new') this.#message(event);
    else if (event.event === 'message.edited' || event.event === 'message.deleted') this.#altered(event);
    else if (event.event === 'read') this.#read(event);
    else if (event.event.startsWith('member.')) this.#peopleChanged(event);
    else this.#moved(event);
  }

  /** What is told of the own account: it came into a room, left it, or stands otherwise in it. @param {import('./client.js').WireEvent} event */
  #ofMe({ event, d }) {
    const id = d.conversation?.id;
    if (!id) return;
    if (event === 'member.left') this.#gone(id);
    else if (event === 'member.joined') this.#addQuietly(id);
    else if (this.all.has(id)) this.#fetch(id).catch(() => {});
  }

  /** The room's log goes on by something that is not shown here. @param {import('./client.js').WireEvent} event */
  #moved({ room, seq }) {
    const conversation = this.all.get(room ?? '');
    if (conversation && seq !== undefined) conversation.top = Math.max(conversation.top, seq);
  }

  /** A message has another text, or none any more. @param {any} event */
  #altered(event) {
    const { room, d } = event;
    this.#moved(event);
    const conversation = this.all.get(room);
    if (!conversation) return;
    alter(conversation, d);
    this.#listChanged();
    this.#changed(room);
  }

  /** @param {any} event */
  #message({ room, seq, ts, d }) {
    const conversation = this.all.get(room);
    if (d.author.id === this.me.id) this.outbox.remove(d.cmid);
    if (!conversation) {
      this.#addQuietly(room);
      return;
    }
    const message = { seq, ts, author: d.author, body: d.body, cmid: d.cmid, rev: d.rev };
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

  /** A message that stands in the log now. @param {Conversation} conversation @param {Message} message */
  #seen(conversation, message) {
    if (conversation.messages) this.#merge(conversation, [message]);
    if (message.seq <= conversation.top) return;
    Object.assign(conversation, { top: message.seq, last: message, activity: message.ts });
  }

  /** Acknowledged: it is in the log. Its event follows and is then known. @param {any} item */
  #sent({ room, seq, ts, cmid, body }) {
    const conversation = this.all.get(room);
    if (!conversation) return;
    const first = conversation.messages?.[0]?.seq ?? 0;
    if (seq >= first || !conversation.more) this.#seen(conversation, { seq, ts, author: this.me, body, cmid });
    this.#listChanged();
    this.#changed(room);
  }

  /** @param {Conversation} conversation @param {Message[]} messages */
  #merge(conversation, messages) {
    for (const { author, cmid } of messages) if (author.id === this.me.id && cmid) this.outbox.remove(cmid);
    conversation.messages = merged(conversation.messages ?? [], messages);
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
  #reset({ room, snapshot }) {
    const conversation = this.all.get(room);
    if (!conversation) return;
    const wasOpen = conversation.messages !== null;
    Object.assign(conversation, { messages: null, top: 0, counted: 0, read: 0, reads: new Map() });
    for (const [user, seq] of Object.entries(snapshot?.reads ?? {})) this.#readBy(conversation, user, seq);
    if (wasOpen) this.#newest(conversation).catch(() => {});
    this.#reloadSoon();
  }

  /** @param {string} id */
  #gone(id) {
    if (!this.all.delete(id)) return;
    for (const { cmid } of this.outbox.of(id)) this.outbox.remove(cmid);
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

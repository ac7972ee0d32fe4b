// What passes by and is kept nowhere: who is here, who is writing. Unknown while there is no connection.

import { say } from './words.js';

/** So long somebody counts as writing who says nothing more. */
const HOLDS_MS = 6_000;
/** The server takes one in three seconds. */
const EVERY_MS = 3_200;

/**
 * @typedef {{online: Set<string> | null, count: number}} Presence `online` is not known of a large room
 */

/** Events: `change` (`detail.room`): who is here or who is writing there; `refused` (`detail`: `item.room`, `code`, `afterMs`). */
export class Here extends EventTarget {
  /** @param {import('./client.js').Client} client @param {string} me */
  constructor(client, me) {
    super();
    this.client = client;
    this.me = me;
    /** @type {Map<string, Presence>} */
    this.rooms = new Map();
    /** Who writes where, and the timer that ends it. @type {Map<string, Map<string, number>>} */
    this.writing = new Map();
    /** @type {Map<string, number>} */
    this.told = new Map();
    client.addEventListener('event', (event) => this.#happened(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('gone', (event) => this.#forget(/** @type {CustomEvent} */ (event).detail.room));
    client.addEventListener('state', () => {
      if (!client.welcomed) for (const room of new Set([...this.rooms.keys(), ...this.writing.keys()])) this.#forget(room);
    });
  }

  /** @param {string} room @returns {Presence | null} `null` while it is not known */
  presence(room) {
    return this.rooms.get(room) ?? null;
  }

  /** Whether this account is here; `null` while that is not known. @param {string} room @param {string} account */
  isHere(room, account) {
    return this.rooms.get(room)?.online?.has(account) ?? null;
  }

  /** Accounts that are writing, who began first before the others. @param {string} room */
  writers(room) {
    return [...(this.writing.get(room)?.keys() ?? [])];
  }

  /** The person writes: the others are told, as often as the server takes it. @param {string} room */
  type(room) {
    if (!this.client.isReady || (this.told.get(room) ?? 0) > Date.now() - EVERY_MS) return;
    this.told.set(room, Date.now());
    this.client.ask('typing', room).catch((error) => {
      if (error.code === 'muted') this.dispatchEvent(new CustomEvent('refused', { detail: { item: { room }, code: error.code, afterMs: error.afterMs ?? 0 } }));
    });
  }

  /** @param {import('./client.js').WireEvent} event */
  #happened({ event, room, d }) {
    if (!room) return;
    if (event === 'typing') this.#writes(room, d.user);
    else if (event === 'message.new') this.#stops(room, d.author.id);
    else if (event === 'member.left') this.#stops(room, d.user.id);
    else if (event === 'presence') this.#present(room, d);
  }

  /** @param {string} room @param {{online?: string[], joined?: string[], left?: string[], count: number}} d */
  #present(room, { online, joined, left, count }) {
    const known = this.rooms.get(room)?.online;
    const parted = new Set(left);
    const now = online ?? (joined && known ? [...known, ...joined].filter((account) => !parted.has(account)) : null);
    this.rooms.set(room, { online: now && new Set(now), count });
    this.#changed(room);
  }

  /** @param {string} room @param {string} account */
  #writes(room, account) {
    if (account === this.me) return;
    const here = this.writing.get(room) ?? new Map();
    this.writing.set(room, here);
    window.clearTimeout(here.get(account));
    const began = !here.has(account);
    here.set(account, window.setTimeout(() => this.#stops(room, account), HOLDS_MS));
    if (began) this.#changed(room);
  }

  /** @param {string} room @param {string} account */
  #stops(room, account) {
    const here = this.writing.get(room);
    if (!here?.has(account)) return;
    window.clearTimeout(here.get(account));
    here.delete(account);
    this.#changed(room);
  }

  /** @param {string} room */
  #forget(room) {
    for (const timer of this.writing.get(room)?.values() ?? []) window.clearTimeout(timer);
    this.writing.delete(room);
    if (this.rooms.delete(room)) this.#changed(room);
  }

  /** @param {string} room */
  #changed(room) {
    this.dispatchEvent(new CustomEvent('change', { detail: { room } }));
  }
}

/**
 * "Zoë is typing…", "Zoë and Bo are typing…", "Several people are typing…"; empty if nobody is.
 * @param {import('./rooms.js').Conversation} conversation
 * @param {string[]} writers
 */
export function typingWords(conversation, writers) {
  const people = new Map([...(conversation.with ? [conversation.with] : []), ...conversation.people.map(({ user }) => user), ...(conversation.messages ?? []).map(({ author }) => author)].map(({ id, name }) => [id, name]));
  const names = writers.map((account) => people.get(account) ?? say('somebody'));
  if (!names.length) return '';
  if (names.length > 2) return say('typing.several');
  const [name, other] = names;
  return other === undefined ? say('typing.one', { name }) : say('typing.two', { name, other });
}

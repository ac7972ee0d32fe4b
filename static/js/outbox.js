// What was written and is not acknowledged yet. It survives a reload and goes out again, in order, with
// the same `cmid`, so that the server stores it once however often it is sent.

import { CommandError } from './client.js';
import { uuid } from './session.js';

const SLOW_MS = 1_000;
const RETRY_MOST_MS = 30_000;

/**
 * `failed`: the server will not take it as it is; the person decides. `why` says what it said.
 * @typedef {{cmid: string, room: string, body: string, at: number, failed: boolean, why: string, flying: boolean, slow: boolean, tries: number, notBefore: number}} Waiting
 */

/**
 * Events: `change` (`detail.room`), `sent` (`detail`: the {@link Waiting} with `seq` and `ts`),
 * `failed` (`detail`: the {@link Waiting}).
 */
export class Outbox extends EventTarget {
  /** @param {import('./client.js').Client} client @param {string} account */
  constructor(client, account) {
    super();
    this.client = client;
    this.prefix = `allthrive.outbox.${account}.`;
    /** @type {Map<string, Waiting>} */
    this.items = new Map();
    this.lastAt = 0;
    this.#load();
    client.addEventListener('welcome', () => this.pump());
    // Another tab of this account has seen it acknowledged, or its person has deleted it.
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(this.prefix) && newValue === null) this.#forget(key.slice(this.prefix.length));
    });
  }

  #load() {
    const kept = [];
    for (let n = 0; n < localStorage.length; n += 1) {
      const key = localStorage.key(n);
      if (key?.startsWith(this.prefix)) kept.push(JSON.parse(localStorage.getItem(key) ?? 'null'));
    }
    kept.sort((a, b) => a.at - b.at);
    for (const { cmid, room, body, at, failed, why } of kept) {
      this.items.set(cmid, { cmid, room, body, at, failed, why, flying: false, slow: false, tries: 0, notBefore: 0 });
    }
  }

  /** @param {Waiting} item */
  #keep({ cmid, room, body, at, failed, why }) {
    try {
      localStorage.setItem(this.prefix + cmid, JSON.stringify({ cmid, room, body, at, failed, why }));
    } catch {
      // Storage is full or forbidden: the message still goes out, it only does not survive a reload.
    }
  }

  /** @param {string} cmid */
  #forget(cmid) {
    const item = this.items.get(cmid);
    if (!item) return;
    this.items.delete(cmid);
    this.#changed(item.room);
  }

  /** @param {string} room */
  #changed(room) {
    this.dispatchEvent(new CustomEvent('change', { detail: { room } }));
  }

  /** Those of one room, oldest first. @param {string} room */
  of(room) {
    return [...this.items.values()].filter((item) => item.room === room);
  }

  /** @param {string} room @param {string} body */
  add(room, body) {
    this.lastAt = Math.max(Date.now(), this.lastAt + 1);
    const item = { cmid: uuid(), room, body, at: this.lastAt, failed: false, why: '', flying: false, slow: false, tries: 0, notBefore: 0 };
    this.items.set(item.cmid, item);
    this.#keep(item);
    this.#changed(room);
    this.pump();
  }

  /** @param {string} cmid */
  retry(cmid) {
    const item = this.items.get(cmid);
    if (!item) return;
    Object.assign(item, { failed: false, why: '', tries: 0, notBefore: 0 });
    this.#keep(item);
    this.#changed(item.room);
    this.pump();
  }

  /** The server has it, or nobody wants it any more. @param {string} cmid */
  remove(cmid) {
    localStorage.removeItem(this.prefix + cmid);
    this.#forget(cmid);
  }

  /** Takes away everything of this account, for signing out. */
  clear() {
    for (const cmid of [...this.items.keys()]) this.remove(cmid);
  }

  /** Sends the first of each room; the next one leaves when this one is answered. */
  pump() {
    const busy = new Set();
    for (const item of this.items.values()) {
      if (busy.has(item.room) || item.failed) continue;
      busy.add(item.room);
      if (!item.flying && item.notBefore <= Date.now() && this.client.welcomed) this.#send(item);
    }
  }

  /** @param {Waiting} item */
  async #send(item) {
    item.flying = true;
    const slow = window.setTimeout(() => {
      item.slow = true;
      this.#changed(item.room);
    }, SLOW_MS);
    try {
      await this.client.subscribe(item.room);
      const { seq, ts } = await this.client.ask('message.send', item.room, { cmid: item.cmid, body: item.body });
      if (!this.items.has(item.cmid)) return;
      this.items.delete(item.cmid);
      localStorage.removeItem(this.prefix + item.cmid);
      this.dispatchEvent(new CustomEvent('sent', { detail: { ...item, seq, ts } }));
    } catch (error) {
      this.#refused(item, /** @type {CommandError} */ (error));
    } finally {
      window.clearTimeout(slow);
      Object.assign(item, { flying: false, slow: false });
      this.#changed(item.room);
      this.pump();
    }
  }

  /** @param {Waiting} item @param {CommandError} error */
  #refused(item, error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.code === 'connection_lost') return;
    if (error.retry) {
      item.tries += 1;
      item.why = error.message;
      const wait = error.afterMs ?? Math.min(RETRY_MOST_MS, 500 * 2 ** item.tries);
      item.notBefore = Date.now() + wait;
      window.setTimeout(() => this.pump(), wait + 1);
      return;
    }
    Object.assign(item, { failed: true, why: error.message });
    this.#keep(item);
    this.dispatchEvent(new CustomEvent('failed', { detail: item }));
  }
}

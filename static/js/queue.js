// Writes that are not acknowledged yet. They survive a reload and go out again, in order, with the same
// `cmid`, so that the server carries each out once however often it is sent.

import { CommandError } from './client.js';
import { uuid } from './session.js';

const SLOW_MS = 1_000;
const RETRY_MOST_MS = 30_000;
/** What would have to wait longer than this is given back to the person instead. */
const PATIENCE_MS = 60_000;

/**
 * `failed`: the server will not take it as it is; the person decides. `why` says what it said, `code` how.
 * @typedef {{cmid: string, room: string, at: number, failed: boolean, why: string, code: string, flying: boolean, slow: boolean, tries: number, notBefore: number}} Waiting
 */

/**
 * Events: `change` (`detail.room`), `failed` (`detail`: the {@link Waiting}), `refused` (`detail`: `item`, `code` and
 * `afterMs`, of a refusal that passes by itself).
 */
export class Queue extends EventTarget {
  /** @param {import('./client.js').Client} client @param {string} prefix of its keys in storage */
  constructor(client, prefix) {
    super();
    this.client = client;
    this.prefix = prefix;
    /** @type {Map<string, any>} */
    this.items = new Map();
    this.lastAt = 0;
    this.#load();
    client.addEventListener('welcome', () => this.pump());
    // Another tab of this account has seen it acknowledged, or its person has deleted it.
    window.addEventListener('storage', ({ key, newValue }) => {
      if (key?.startsWith(this.prefix) && newValue === null) this.#forget(key.slice(this.prefix.length));
    });
  }

  /** The command that carries it out. @param {any} item @returns {[string, any]} */
  command(item) {
    throw new Error(`no command for ${item.cmid}`);
  }

  /** What has to go out one after the other. @param {any} item */
  laneOf(item) {
    return item.room;
  }

  /** Carried out. @param {any} item @param {{seq: number, ts: number, dup: boolean}} answer */
  done(item, answer) {
    throw new Error(`nobody hears of ${item.cmid}, ${answer.seq}`);
  }

  #load() {
    const kept = [];
    for (let n = 0; n < localStorage.length; n += 1) {
      const key = localStorage.key(n);
      if (key?.startsWith(this.prefix)) kept.push(JSON.parse(localStorage.getItem(key) ?? 'null'));
    }
    kept.sort((a, b) => a.at - b.at);
    for (const item of kept) this.items.set(item.cmid, { code: '', ...item, flying: false, slow: false, tries: 0, notBefore: 0 });
  }

  /** @param {any} item */
  #keep(item) {
    const { flying, slow, tries, notBefore, ...lasting } = item;
    void [flying, slow, tries, notBefore];
    try {
      localStorage.setItem(this.prefix + item.cmid, JSON.stringify(lasting));
    } catch {
      // Storage is full or forbidden: it still goes out, it only does not survive a reload.
    }
  }

  /** @param {string} cmid */
  #forget(cmid) {
    const item = this.items.get(cmid);
    if (!item) return;
    this.items.delete(cmid);
    this.changed(item.room);
  }

  /** @param {string} room */
  changed(room) {
    this.dispatchEvent(new CustomEvent('change', { detail: { room } }));
  }

  /** Those of one room, oldest first. @param {string} room @returns {any[]} */
  of(room) {
    return [...this.items.values()].filter((item) => item.room === room);
  }

  /** @param {string} room @param {any} what */
  put(room, what) {
    this.lastAt = Math.max(Date.now(), this.lastAt + 1);
    const item = { cmid: uuid(), room, ...what, at: this.lastAt, failed: false, why: '', code: '', flying: false, slow: false, tries: 0, notBefore: 0 };
    this.items.set(item.cmid, item);
    this.#keep(item);
    this.changed(room);
    this.pump();
    return item;
  }

  /** @param {string} cmid */
  retry(cmid) {
    const item = this.items.get(cmid);
    if (!item) return;
    Object.assign(item, { failed: false, why: '', code: '', tries: 0, notBefore: 0 });
    this.#keep(item);
    this.changed(item.room);
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

  /** Sends the first of each lane; the next one leaves when this one is answered. */
  pump() {
    const busy = new Set();
    for (const item of this.items.values()) {
      const lane = this.laneOf(item);
      if (busy.has(lane) || item.failed || item.acked) continue;
      busy.add(lane);
      // Not into one that is closing: the refusal comes at once, and would be followed by the next try, for ever.
      if (!item.flying && item.notBefore <= Date.now() && this.client.isReady) this.#send(item);
    }
  }

  /** @param {any} item */
  async #send(item) {
    item.flying = true;
    const slow = window.setTimeout(() => {
      item.slow = true;
      this.changed(item.room);
    }, SLOW_MS);
    try {
      await this.client.subscribe(item.room);
      const [op, d] = this.command(item);
      const answer = await this.client.ask(op, item.room, { cmid: item.cmid, ...d });
      if (this.items.has(item.cmid)) this.done(item, answer);
    } catch (error) {
      this.#refused(item, /** @type {CommandError} */ (error));
    } finally {
      window.clearTimeout(slow);
      Object.assign(item, { flying: false, slow: false });
      this.changed(item.room);
      this.pump();
    }
  }

  /** @param {any} item @param {CommandError} error */
  #refused(item, error) {
    if (!(error instanceof CommandError)) throw error;
    if (error.code === 'connection_lost' || !this.items.has(item.cmid)) return;
    if (error.afterMs !== undefined) this.dispatchEvent(new CustomEvent('refused', { detail: { item, code: error.code, afterMs: error.afterMs } }));
    const wait = error.afterMs ?? Math.min(RETRY_MOST_MS, 500 * 2 ** (item.tries + 1));
    if (error.retry && error.code !== 'muted' && wait <= PATIENCE_MS) {
      item.tries += 1;
      item.why = error.message;
      item.notBefore = Date.now() + wait;
      window.setTimeout(() => this.pump(), wait + 1);
      return;
    }
    Object.assign(item, { failed: true, why: error.message, code: error.code });
    this.#keep(item);
    this.dispatchEvent(new CustomEvent('failed', { detail: item }));
  }
}

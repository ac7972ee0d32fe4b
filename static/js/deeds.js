// What was done to messages and does not show in the log yet: edits, deletions, reactions. Those of one
// message go out one after the other. An acknowledged one stays until the log has come so far here, so
// that what it did is seen without a gap and counted once.

import { Queue } from './queue.js';

/**
 * `d.target` is the message. `acked`: the number that the server gave it.
 * @typedef {import('./queue.js').Waiting & {op: 'message.edit' | 'message.delete' | 'reaction.set', d: {target: number, rev?: number, body?: string, emoji?: string, on?: boolean}, acked?: number}} Deed
 */

export class Deeds extends Queue {
  /** @param {import('./client.js').Client} client @param {string} account */
  constructor(client, account) {
    super(client, `allthrive.deeds.${account}.`);
  }

  /** @param {any} item */
  laneOf({ room, d }) {
    return `${room}/${d.target}`;
  }

  /** @param {Deed} item @returns {[string, any]} */
  command({ op, d }) {
    return [op, d];
  }

  /** @param {Deed} item @param {{seq: number}} answer */
  done(item, { seq }) {
    localStorage.removeItem(this.prefix + item.cmid);
    item.acked = seq;
    if ((this.client.places.all.get(item.room)?.cursor ?? -1) >= seq) this.remove(item.cmid);
  }

  /** The log has come so far. @param {string} room @param {number} seq */
  reached(room, seq) {
    for (const item of this.of(room)) if (item.acked !== undefined && item.acked <= seq) this.remove(item.cmid);
  }

  /** Of each message of a room that something was done to. @param {string} room @returns {Map<number, Deed[]>} */
  byMessage(room) {
    const found = new Map();
    for (const deed of this.of(room)) found.set(deed.d.target, [...(found.get(deed.d.target) ?? []), deed]);
    return found;
  }

  /** Another text for an own message, which `rev` tells as it is shown. @param {string} room @param {{seq: number, rev?: number}} message @param {string} body */
  edit(room, { seq, rev }, body) {
    this.put(room, { op: 'message.edit', d: { target: seq, rev: rev ?? 1, body } });
  }

  /** @param {string} room @param {number} target */
  erase(room, target) {
    for (const deed of this.of(room)) if (deed.d.target === target && deed.failed) this.remove(deed.cmid);
    this.put(room, { op: 'message.delete', d: { target } });
  }

  /** Puts a reaction, or takes it away. @param {string} room @param {number} target @param {string} emoji @param {boolean} on */
  react(room, target, emoji, on) {
    // What has not left yet and is taken back need not be told.
    const same = this.of(room).find(({ op, d, flying, acked, tries }) => op === 'reaction.set' && d.target === target && d.emoji === emoji && !flying && acked === undefined && tries === 0);
    if (same && same.d.on !== on && !this.client.welcomed) this.remove(same.cmid);
    else this.put(room, { op: 'reaction.set', d: { target, emoji, on } });
  }
}

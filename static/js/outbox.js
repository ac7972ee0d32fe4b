// Messages that were written and are not acknowledged yet, one after the other in each room.

import { Queue } from './queue.js';

/**
 * @typedef {import('./queue.js').Waiting & {body: string, reply_to?: number}} Waiting
 */

/** Events beside those of a queue: `sent` (`detail`: the {@link Waiting} with `seq` and `ts`). */
export class Outbox extends Queue {
  /** @param {import('./client.js').Client} client @param {string} account */
  constructor(client, account) {
    super(client, `allthrive.outbox.${account}.`);
  }

  /** @param {string} room @param {string} body @param {number} [replyTo] the `seq` of the message it answers */
  add(room, body, replyTo) {
    this.put(room, { body, reply_to: replyTo });
  }

  /** @param {Waiting} item @returns {[string, any]} */
  command({ body, reply_to }) {
    return ['message.send', { body, reply_to }];
  }

  /** @param {Waiting} item @param {{seq: number, ts: number}} answer */
  done(item, { seq, ts }) {
    this.items.delete(item.cmid);
    localStorage.removeItem(this.prefix + item.cmid);
    this.dispatchEvent(new CustomEvent('sent', { detail: { ...item, seq, ts } }));
  }
}

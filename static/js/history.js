// Reads the log of a conversation: its newest messages, older and later ones, those around one of them, a
// single one that is quoted. What is kept is one stretch without a gap, at most `MOST` long.

import { CommandError } from './client.js';
import { MOST, merged } from './messages.js';

const PAGE = 50;
const AROUND = 40;

/**
 * @typedef {import('./rooms.js').Conversation} Conversation
 * @typedef {import('./messages.js').Message} Message
 */

export class History {
  /**
   * @param {import('./client.js').Client} client
   * @param {(id: string) => void} changed
   * @param {(message: Message) => void} told a message of a page
   */
  constructor(client, changed, told) {
    this.client = client;
    this.changed = changed;
    this.told = told;
    /** Single messages are asked for one after the other. */
    this.queue = Promise.resolve();
  }

  /**
   * Does it now, or as soon as there is a connection again and the limit allows.
   * @template T
   * @param {(client: import('./client.js').Client) => Promise<T>} work
   * @returns {Promise<T>}
   */
  async connected(work) {
    for (;;) {
      try {
        return await work(this.client);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        if (error.code === 'rate_limited') await new Promise((resolve) => window.setTimeout(resolve, error.afterMs ?? 1_000));
        else if (error.code !== 'connection_lost') throw error;
        else if (!this.client.isReady) await new Promise((resolve) => this.client.addEventListener('welcome', resolve, { once: true }));
      }
    }
  }

  /** @param {string} id @param {any} d @returns {Promise<{messages: Message[], more: boolean, top: number}>} */
  async #page(id, d) {
    const page = await this.connected((client) => client.ask('history', id, d));
    for (const message of page.messages) {
      message.asOf = page.top;
      this.told(message);
    }
    return page;
  }

  /** The end of the log, in place of what is kept. @param {Conversation} conversation */
  async newest(conversation) {
    const page = await this.#page(conversation.id, { limit: PAGE });
    // What was told while the page was on its way and is not in it follows.
    Object.assign(conversation, { messages: page.messages, more: page.more, later: conversation.heard > page.top });
    this.changed(conversation.id);
    if (conversation.later) await this.later(conversation);
  }

  /** Older messages, put in at the top; the newest are let go of. @param {Conversation} conversation */
  async older(conversation) {
    const first = conversation.messages?.[0];
    if (!first || !conversation.more) return;
    const page = await this.#page(conversation.id, { before: first.seq, limit: PAGE });
    if (conversation.messages?.[0] !== first) return;
    conversation.more = page.more;
    const all = merged(conversation.messages, page.messages);
    if (all.length > MOST) conversation.later = true;
    conversation.messages = all.slice(0, MOST);
    this.changed(conversation.id);
  }

  /** Later messages, put in at the end; the oldest are let go of. @param {Conversation} conversation */
  async later(conversation) {
    const last = conversation.messages?.at(-1);
    if (!last) return;
    const page = await this.#page(conversation.id, { after: last.seq, limit: PAGE });
    if (conversation.messages?.at(-1) !== last) return;
    const all = merged(conversation.messages, page.messages);
    conversation.later = page.more || conversation.heard > page.top;
    if (all.length > MOST) conversation.more = true;
    conversation.messages = all.slice(-MOST);
    this.changed(conversation.id);
  }

  /** A message and those around it, in place of what is kept. @param {Conversation} conversation @param {number} seq */
  async around(conversation, seq) {
    const before = await this.#page(conversation.id, { before: seq + 1, limit: AROUND });
    const after = await this.#page(conversation.id, { after: seq, limit: AROUND });
    Object.assign(conversation, { messages: merged(before.messages, after.messages), more: before.more, later: after.more || conversation.heard > after.top });
    this.changed(conversation.id);
  }

  /** The message that another one answers: known, or asked for and told by a change later. @param {Conversation} conversation @param {number} seq @returns {Message | null | undefined} `null` if it cannot be seen */
  quoted(conversation, seq) {
    const known = conversation.messages?.find((message) => message.seq === seq) ?? conversation.quotes.get(seq);
    if (known !== undefined || conversation.asked.has(seq)) return known;
    conversation.asked.add(seq);
    this.queue = this.queue
      .then(() => this.#page(conversation.id, { before: seq + 1, limit: 1 }))
      .then(({ messages }) => {
        conversation.quotes.set(seq, messages[0]?.seq === seq ? messages[0] : null);
        this.changed(conversation.id);
      })
      .catch(() => {})
      .finally(() => conversation.asked.delete(seq));
    return undefined;
  }
}

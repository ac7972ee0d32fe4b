// Says what others wrote: one message in full, several as their number.

import { announce } from './dom.js';
import { nameOf } from './rooms.js';
import { say } from './words.js';

const GATHER_MS = 1_000;
const MOST_CHARACTERS = 200;

export class News {
  /** @param {import('./rooms.js').Rooms} rooms @param {() => string | null} openNow the conversation that is open */
  constructor(rooms, openNow) {
    this.openNow = openNow;
    /** @type {Map<string, {conversation: import('./rooms.js').Conversation, messages: import('./rooms.js').Message[]}>} */
    this.heard = new Map();
    rooms.addEventListener('message', (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {{conversation: import('./rooms.js').Conversation, message: import('./rooms.js').Message}} detail */
  #hear({ conversation, message }) {
    // What comes in at once after a time without a connection is told by the banner, in one sentence.
    if (document.body.dataset.net === 'offline') return;
    if (!this.heard.size) window.setTimeout(() => this.#say(), GATHER_MS);
    const known = this.heard.get(conversation.id);
    if (known) known.messages.push(message);
    else this.heard.set(conversation.id, { conversation, messages: [message] });
  }

  #say() {
    for (const { conversation, messages } of this.heard.values()) announce(this.#sentence(conversation, messages));
    this.heard.clear();
  }

  /** @param {import('./rooms.js').Conversation} conversation @param {import('./rooms.js').Message[]} messages */
  #sentence(conversation, messages) {
    const name = nameOf(conversation);
    if (messages.length > 1) return say('news.new-in', { n: messages.length, name });
    const [{ author, body }] = messages;
    if (this.openNow() === conversation.id) return `${author.name}: ${(body ?? '').slice(0, MOST_CHARACTERS)}`;
    return conversation.kind === 'direct' ? say('news.to-you', { name: author.name }) : say('news.in', { author: author.name, name });
  }
}

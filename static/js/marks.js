// How far the own account has read: a mark that only rises, told to the server at most once a second.

/** A mark rises with every message that is seen; the server hears of it so often. */
const EVERY_MS = 1000;

/** @typedef {import('./rooms.js').Conversation} Conversation */

export class Marks {
  /** @param {import('./client.js').Client} client @param {(conversation: Conversation) => boolean} isOurs whether it is still there */
  constructor(client, isOurs) {
    this.client = client;
    this.isOurs = isOurs;
    /** @type {Set<string>} conversations whose mark was told within the last moment */
    this.telling = new Set();
  }

  /** Everything that is kept has been seen. Says whether that is new. @param {Conversation} conversation */
  rise(conversation) {
    const top = conversation.messages?.at(-1)?.seq ?? 0;
    if (top <= conversation.read || !this.client.welcomed) return false;
    conversation.read = top;
    if (!this.telling.has(conversation.id)) this.#tell(conversation);
    return true;
  }

  /** @param {Conversation} conversation */
  #tell(conversation) {
    const { id, read } = conversation;
    this.telling.add(id);
    window.setTimeout(() => {
      this.telling.delete(id);
      if (conversation.read > read && this.isOurs(conversation) && this.client.welcomed) this.#tell(conversation);
    }, EVERY_MS);
    this.client.ask('read', id, { seq: read }).catch(() => {
      // Lost with the connection: the mark goes out again with the next thing that is seen.
      conversation.read = Math.min(conversation.read, read - 1);
    });
  }
}

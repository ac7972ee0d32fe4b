// One conversation as a value: what is known of it, and what follows when the server says more. Knows no
// connection and draws nothing.

const KEPT = 200;
const UNREAD_CAP = 100;

/**
 * @typedef {import('./client.js').Person} Person
 * @typedef {{seq: number, ts: number, author: Person, body?: string, cmid?: string, rev?: number}} Message
 * @typedef {{user: Person, role: string, read: number}} Member
 * @typedef {object} Conversation
 * @property {string} id
 * @property {'direct' | 'group' | 'room'} kind
 * @property {string} [title]
 * @property {Person} [with]
 * @property {string} role
 * @property {number} members
 * @property {number} top
 * @property {number} read the own mark
 * @property {number} unread
 * @property {Message} [last]
 * @property {number} counted up to this `seq` messages are in `unread`
 * @property {number} activity for the order of the list, unix milliseconds
 * @property {Message[] | null} messages oldest first, without a gap up to the top; `null` until it is opened
 * @property {boolean} more whether there are older ones
 * @property {Member[]} people
 * @property {Map<string, number>} reads how far each other member has read
 */

/** What a conversation is called. @param {Conversation} conversation */
export const nameOf = (conversation) => conversation.title ?? conversation.with?.name ?? 'Conversation';

/** Newest activity first. @param {Iterable<Conversation>} conversations @returns {Conversation[]} */
export const newestFirst = (conversations) =>
  [...conversations].sort((a, b) => b.activity - a.activity || (a.id < b.id ? 1 : -1));

/**
 * Takes what the server says of a conversation, unless events have told more.
 * @param {Conversation | undefined} known
 * @param {any} item
 * @param {number} activity
 * @returns {Conversation}
 */
export function takeIn(known, item, activity) {
  /** @type {Conversation} */
  const conversation = known ?? { messages: null, more: false, people: [], reads: new Map(), counted: 0, ...item };
  const newer = !known || item.top >= known.top;
  const readBefore = known?.read ?? 0;
  Object.assign(conversation, { title: item.title, with: item.with, role: item.role, members: item.members });
  if (newer) {
    Object.assign(conversation, { top: item.top, last: item.last ?? undefined, activity });
    if (item.read >= readBefore) Object.assign(conversation, { read: item.read, unread: item.unread, counted: item.top });
  }
  return conversation;
}

/** Both, each once, oldest first; of two with one number the later told. @param {Message[]} known @param {Message[]} told */
export function merged(known, told) {
  const bySeq = new Map([...known, ...told].map((message) => [message.seq, message]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** A message has another text, or none any more. @param {Conversation} conversation @param {{target: number, body?: string, rev?: number}} d */
export function alter(conversation, d) {
  for (const message of [...(conversation.messages ?? []), ...(conversation.last ? [conversation.last] : [])]) {
    if (message.seq !== d.target || (d.rev ?? Infinity) < (message.rev ?? 1)) continue;
    message.body = d.body;
    message.rev = d.rev ?? message.rev;
  }
}

/** A message of somebody else, if it is not in `unread` yet. @param {Conversation} conversation @param {number} seq */
export function count(conversation, seq) {
  if (seq <= conversation.counted || seq <= conversation.read) return;
  conversation.unread = Math.min(UNREAD_CAP, conversation.unread + 1);
  conversation.counted = seq;
}

/** Another member has read so far; whether that is further than was known. @param {Conversation} conversation @param {string} user @param {number} seq */
export function readBy(conversation, user, seq) {
  if (seq <= (conversation.reads.get(user) ?? -1)) return false;
  conversation.reads.set(user, seq);
  return true;
}

/** Keeps the newest messages alone. @param {Conversation} conversation */
export function letGo(conversation) {
  if (!conversation.messages || conversation.messages.length <= KEPT) return;
  conversation.messages = conversation.messages.slice(-KEPT);
  conversation.more = true;
}

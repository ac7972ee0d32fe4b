// One conversation as a value: what is known of it, and what follows when the server says more. Knows no
// connection and draws nothing.

import { say } from './words.js';

/** So many messages stay of a conversation that is not shown. */
export const KEPT = 200;
const UNREAD_CAP = 100;

/**
 * @typedef {import('./client.js').Person} Person
 * @typedef {import('./messages.js').Message} Message
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
 * @property {Message[] | null} messages oldest first, without a gap; `null` until it is opened
 * @property {boolean} more whether there are older ones
 * @property {boolean} later whether there are later ones that are not kept
 * @property {number} heard the last message that was told by itself
 * @property {boolean} away whether the reader is not at its end
 * @property {Map<number, Message | null>} quotes messages that others answer; `null` if not to be seen
 * @property {Set<number>} asked those that are asked for just now
 * @property {number} mutedUntil when one may write again, unix milliseconds; 0 if one may now
 * @property {string} mutedWhy
 * @property {number} slowMode the pause between two messages, seconds
 * @property {number} heldUntil when the server will take the next message, unix milliseconds
 * @property {Member[]} people
 * @property {Map<string, number>} reads how far each other member has read
 */

/** What a conversation is called. @param {Conversation} conversation */
export const nameOf = (conversation) => conversation.title ?? conversation.with?.name ?? say('conversation.unnamed');

/** Newest activity first. @param {Iterable<Conversation>} conversations @returns {Conversation[]} */
export const newestFirst = (conversations) =>
  [...conversations].sort((a, b) => b.activity - a.activity || (a.id < b.id ? 1 : -1));

/** What nothing is known of. */
const fresh = () => ({
  messages: null, more: false, later: false, heard: 0, away: false, quotes: new Map(), asked: new Set(),
  people: [], reads: new Map(), counted: 0, mutedUntil: 0, mutedWhy: '', slowMode: 0, heldUntil: 0,
});

/**
 * Takes what the server says of a conversation, unless events have told more.
 * @param {Conversation | undefined} known
 * @param {any} item
 * @param {number} activity
 * @returns {Conversation}
 */
export function takeIn(known, item, activity) {
  /** @type {Conversation} */
  const conversation = known ?? { ...fresh(), ...item };
  const newer = !known || item.top >= known.top;
  const readBefore = known?.read ?? 0;
  Object.assign(conversation, { title: item.title, with: item.with, role: item.role, members: item.members });
  if (newer) {
    Object.assign(conversation, { top: item.top, last: item.last ?? undefined, activity });
    if (item.read >= readBefore) Object.assign(conversation, { read: item.read, unread: item.unread, counted: item.top });
  }
  return conversation;
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

/** Keeps the newest messages alone, or none if those that are kept are others. @param {Conversation} conversation */
export function letGo(conversation) {
  conversation.quotes.clear();
  if (conversation.later) conversation.messages = null;
  if (!conversation.messages || conversation.messages.length <= KEPT) return;
  conversation.messages = conversation.messages.slice(-KEPT);
  conversation.more = true;
}

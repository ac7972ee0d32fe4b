// The messages of a conversation that are in memory: a stretch of its log without a gap, and what events
// and what was done here change of it. Functions over values; nothing asks and nothing draws.

import { say } from './words.js';

/** So many messages of a conversation are kept, and shown, at once; some more while they come. */
export const MOST = 300;

/**
 * @typedef {import('./client.js').Person} Person
 * @typedef {{emoji: string, count: number, mine: boolean, waiting?: boolean}} Reacted
 * @typedef {object} Message
 * @property {number} seq
 * @property {number} ts
 * @property {Person} author
 * @property {string} [body] absent once deleted
 * @property {string} [cmid]
 * @property {number} [rev]
 * @property {number} [reply_to]
 * @property {Reacted[]} [reactions] in the order of code points
 * @property {Map<string, Map<string, string>>} [who] names by account, of those whose reaction was heard
 * @property {number} [asOf] it stands as the log was at this number
 */

/** Both, in order and each once; the later stretch wins. @param {Message[]} known @param {Message[]} more */
export function merged(known, more) {
  if (!known.length) return more;
  if (!more.length) return known;
  if (more[0].seq > known[known.length - 1].seq) return [...known, ...more];
  if (more[more.length - 1].seq < known[0].seq) return [...more, ...known];
  const bySeq = new Map(known.map((message) => [message.seq, message]));
  for (const message of more) bySeq.set(message.seq, { ...message, who: message.who ?? bySeq.get(message.seq)?.who });
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** A message is another one now, or none any more. @param {Message} message @param {{event: string, d: any}} event */
export function altered(message, { event, d }) {
  if (message.seq !== d.target) return false;
  if (event === 'message.deleted') {
    Object.assign(message, { body: undefined, reactions: [], who: undefined });
    return true;
  }
  if (message.body === undefined || d.rev < (message.rev ?? 1)) return false;
  Object.assign(message, { body: d.body, rev: d.rev });
  return true;
}

/** @param {string} a @param {string} b */
const byCodePoint = (a, b) => (a.codePointAt(0) ?? 0) - (b.codePointAt(0) ?? 0) || (a < b ? -1 : a > b ? 1 : 0);

/** @param {Reacted[]} reactions @param {string} emoji @param {boolean} on @param {boolean} mine @returns {Reacted[]} */
function counted(reactions, emoji, on, mine) {
  const now = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, mine: false };
  const next = { ...now, count: now.count + (on ? 1 : -1), mine: mine ? on : now.mine };
  const others = reactions.filter((one) => one.emoji !== emoji);
  return next.count > 0 ? [...others, next].sort((a, b) => byCodePoint(a.emoji, b.emoji)) : others;
}

/** Somebody reacted to it, or does so no more. @param {Message} message @param {{seq: number, d: any}} event @param {string} me */
export function reacted(message, { seq, d }, me) {
  if (message.seq !== d.target || seq <= (message.asOf ?? 0) || message.body === undefined) return false;
  message.reactions = counted(message.reactions ?? [], d.emoji, d.on, d.user.id === me);
  const who = message.who ?? new Map();
  const names = who.get(d.emoji) ?? new Map();
  if (d.on) names.set(d.user.id, d.user.name);
  else names.delete(d.user.id);
  message.who = who.set(d.emoji, names);
  return true;
}

/** Names that the server listed. @param {Message} message @param {{emoji: string, user: Person}[]} items */
export function named(message, items) {
  const who = message.who ?? new Map();
  for (const { emoji, user } of items) who.set(emoji, (who.get(emoji) ?? new Map()).set(user.id, user.name));
  message.who = who;
}

/**
 * A message as its reader sees it: with what was done here and is on its way. `state` says what of it the server has
 * not said yet; `refused` is an edit that it did not take.
 * @param {Message} message
 * @param {import('./deeds.js').Deed[]} [deeds]
 */
export function asShown(message, deeds = []) {
  const shown = { ...message, reactions: (message.reactions ?? []).map((one) => ({ ...one })), state: '', refused: /** @type {any} */ (null) };
  if (message.body === undefined) return shown;
  for (const deed of deeds) {
    const { op, d, failed, acked, slow } = deed;
    if (op === 'message.edit' && failed) shown.refused = deed;
    if (failed) continue;
    if (op === 'message.edit' && (d.rev ?? 0) >= (message.rev ?? 1)) {
      Object.assign(shown, { body: d.body, rev: (d.rev ?? 1) + 1, refused: null });
      if (acked === undefined) shown.state = slow ? 'saving slowly' : 'saving';
    } else if (op === 'message.delete') Object.assign(shown, { body: undefined, reactions: [], state: acked === undefined ? 'deleting' : '' });
    else if (op === 'reaction.set') {
      const emoji = d.emoji ?? '';
      const mine = shown.reactions.find((one) => one.emoji === emoji)?.mine ?? false;
      if (mine !== Boolean(d.on)) shown.reactions = counted(shown.reactions, emoji, Boolean(d.on), true);
      const chip = shown.reactions.find((one) => one.emoji === emoji);
      if (chip && acked === undefined) chip.waiting = true;
    }
  }
  return shown;
}

const NAME = /(?<![\w@/-])@([a-z][a-z0-9_-]{1,28}[a-z0-9])(?![\w-])/gi;

/** The user names that a text names with `@`, and where. @param {string} text */
export const mentionsIn = (text) => [...text.matchAll(NAME)].map((found) => ({ at: found.index, length: found[0].length, username: found[1].toLowerCase() }));

/** Why something cannot be done to a message; `null` if it can. @typedef {{reply: string | null, react: string | null, edit: string | null, erase: string | null, copy: string | null}} May */

const RANKS = { member: 0, moderator: 1, owner: 2 };

/**
 * What the server will allow, told before it is asked. It decides.
 * @param {import('./rooms.js').Conversation} conversation
 * @param {string} me
 * @param {Message} message
 * @param {string} muted why one may not write here; empty if one may
 * @returns {May}
 */
export function may(conversation, me, message, muted) {
  const own = message.author.id === me;
  const gone = message.body === undefined ? say('messages.deleted') : null;
  const rank = (/** @type {string | undefined} */ role) => RANKS[/** @type {keyof RANKS} */ (role ?? 'member')] ?? 0;
  const theirs = rank(conversation.people.find(({ user }) => user.id === message.author.id)?.role);
  const mine = rank(conversation.role);
  let erase = gone;
  if (!gone && !own) {
    if (conversation.kind === 'direct') erase = say('messages.only-them', { name: message.author.name });
    else if (mine < 1) erase = say('messages.only-moderator');
    else if (mine <= theirs) erase = say('messages.only-above', { name: message.author.name });
  }
  return {
    reply: gone ?? (muted || null),
    react: gone ?? (muted || null),
    edit: gone ?? (own ? muted || null : say('messages.only-author')),
    erase,
    copy: gone,
  };
}

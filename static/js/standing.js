// Whether one may write in a conversation just now, as far as the server has told, and since when not.

import { plural, timeOfDay } from './dom.js';

/** @typedef {import('./rooms.js').Conversation} Conversation */

/** Muted until then, or not any more. @param {Conversation} conversation @param {number} [until] @param {string} [why] */
export function muted(conversation, until, why) {
  Object.assign(conversation, { mutedUntil: until ?? 0, mutedWhy: why ?? (until ? conversation.mutedWhy : '') });
}

/** What a step of its order says of the own account. @param {Conversation} conversation @param {{event: string, d: any}} event @param {string} me */
export function ordered(conversation, { event, d }, me) {
  if (event === 'moderation.muted' && d.user.id === me) muted(conversation, d.until_ts);
  else if (event === 'moderation.slow_mode') Object.assign(conversation, { slowMode: d.seconds, heldUntil: d.seconds ? conversation.heldUntil : 0 });
  else return false;
  return true;
}

/** The server took something not now, but later. @param {Conversation} conversation @param {{code: string, afterMs: number}} refusal */
export function held(conversation, { code, afterMs }) {
  if (code === 'muted') conversation.mutedUntil = Date.now() + afterMs;
  else conversation.heldUntil = Date.now() + afterMs;
}

/** The pause after an own message begins. @param {Conversation} conversation */
export function paused(conversation) {
  if (conversation.slowMode && conversation.role === 'member') conversation.heldUntil = Math.max(conversation.heldUntil, Date.now() + conversation.slowMode * 1000);
}

/** "8 s", "3 min", a time of today, a date. @param {number} until unix milliseconds */
function inTime(until) {
  const seconds = Math.ceil((until - Date.now()) / 1000);
  if (seconds < 90) return `in ${seconds} s`;
  if (seconds < 3600) return plural(Math.ceil(seconds / 60), 'in # minute', 'in # minutes');
  if (new Date(until).toDateString() === new Date().toDateString()) return `at ${timeOfDay(until)}`;
  return `on ${new Date(until).toLocaleDateString(undefined, { weekday: 'long', day: 'numeric', month: 'long' })} at ${timeOfDay(until)}`;
}

/** Why one is muted, in a sentence; empty if one is not. @param {Conversation} conversation */
export const mutedWords = ({ mutedUntil, mutedWhy }) => (mutedUntil > Date.now()
  ? `A moderator has muted you${mutedWhy ? ` (“${mutedWhy}”)` : ''}. You can write again ${inTime(mutedUntil)}.` : '');

/** Why nothing can be sent now, in a sentence; empty if it can. @param {Conversation} conversation */
export function holdWords(conversation) {
  const muteSaid = mutedWords(conversation);
  if (muteSaid) return muteSaid;
  if (conversation.heldUntil <= Date.now()) return '';
  return conversation.slowMode ? `Slow mode. You can write again ${inTime(conversation.heldUntil)}.` : `You can write again ${inTime(conversation.heldUntil)}.`;
}

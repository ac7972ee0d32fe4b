// Whether one may write in a conversation just now, as far as the server has told, and since when not.

import { dayKey } from './dom.js';
import { dayOf, say, timeOfDay } from './words.js';

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

/** When that is: "in 8 s", "in 3 minutes", a time of today, a date. @param {number} until unix milliseconds */
function inTime(until) {
  const seconds = Math.ceil((until - Date.now()) / 1000);
  if (seconds < 90) return say('standing.in-seconds', { seconds });
  if (seconds < 3600) return say('standing.in-minutes', { n: Math.ceil(seconds / 60) });
  const time = timeOfDay(until);
  return dayKey(until) === dayKey(Date.now()) ? say('standing.at', { time }) : say('standing.on', { day: dayOf(until), time });
}

/** Why one is muted, in a sentence; empty if one is not. @param {Conversation} conversation */
export function mutedWords({ mutedUntil, mutedWhy }) {
  if (mutedUntil <= Date.now()) return '';
  const when = inTime(mutedUntil);
  return mutedWhy ? say('standing.muted-why', { why: mutedWhy, when }) : say('standing.muted', { when });
}

/** Why nothing can be sent now, in a sentence; empty if it can. @param {Conversation} conversation */
export function holdWords(conversation) {
  const muteSaid = mutedWords(conversation);
  if (muteSaid) return muteSaid;
  if (conversation.heldUntil <= Date.now()) return '';
  return say(conversation.slowMode ? 'standing.slow' : 'standing.held', { when: inTime(conversation.heldUntil) });
}

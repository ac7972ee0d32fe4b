// What can be done about a member: which steps there are, which of them are allowed and why not, and the
// question that each of them asks first.

import { el } from './dom.js';
import { ask, steadyKey } from './question.js';
import { intl, parts, say, timeOfDay } from './words.js';

const RANK = /** @type {Record<string, number>} */ ({ member: 0, moderator: 1, owner: 2 });
const DAY_MS = 86_400_000;
export const MOST_REASON = 200;

/** How long a mute can last, seconds. */
const MUTES = [600, 3_600, 86_400, 604_800, 2_419_200];

/** Pauses of slow mode, seconds. */
const PAUSES = [0, 5, 10, 30, 60, 300, 900, 3_600, 21_600];

const UNITS = /** @type {const} */ ([[86_400, { style: 'unit', unit: 'day', unitDisplay: 'long' }], [3_600, { style: 'unit', unit: 'hour', unitDisplay: 'long' }],
  [60, { style: 'unit', unit: 'minute', unitDisplay: 'long' }], [1, { style: 'unit', unit: 'second', unitDisplay: 'long' }]]);
const WEEKDAY = { weekday: 'long' };
const DAY = { day: 'numeric', month: 'long' };

/**
 * Why a step against somebody is not allowed; empty if it is.
 * @param {string} mine the own role @param {string} theirs
 */
export function whyNotAgainst(mine, theirs) {
  if (RANK[mine] < RANK.moderator) return say('order.only-moderators');
  if (RANK[theirs] < RANK[mine]) return '';
  return theirs === 'owner' ? say('order.not-owner') : say('order.not-equal');
}

/** Why one may not give roles; empty if one may. @param {string} mine */
export const whyNoRoles = (mine) => (mine === 'owner' ? '' : say('order.only-owner'));

/** Why one may not set the order of a room; empty if one may. @param {string} mine */
export const whyNoOrder = (mine) => (RANK[mine] < RANK.moderator ? say('order.only-moderators') : '');

/** Why one may not leave; empty if one may. @param {{role: string, members: number}} conversation */
export const whyNotLeave = ({ role, members }) => (role === 'owner' && members > 1 ? say('order.hand-over-first') : '');

/** "15:20", "Thursday 15:20", "24 December, 15:20". @param {number} ts unix milliseconds */
export function untilWords(ts) {
  const ahead = ts - Date.now();
  if (new Date(ts).toDateString() === new Date().toDateString()) return timeOfDay(ts);
  return say('order.until', { day: intl(Intl.DateTimeFormat, ahead < 6 * DAY_MS ? WEEKDAY : DAY).format(ts), time: timeOfDay(ts) });
}

/** "30 seconds", "1 hour": in the largest unit that fits. @param {number} seconds */
function durationWords(seconds) {
  const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? UNITS[3];
  return intl(Intl.NumberFormat, unit).format(seconds / size);
}

/** @param {number} seconds */
export const pauseWords = (seconds) => (seconds ? durationWords(seconds) : say('order.off'));

const reasonField = (/** @type {string} */ who) => el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'reason' }, ...parts('order.reason', { optional: el('span', { class: 'field__opt' }, say('order.optional')) })),
  el('p', { class: 'field__help', id: 'reason-help' }, say('order.reason-help', { person: who })),
  el('input', { class: 'input', id: 'reason', maxlength: String(MOST_REASON), 'aria-describedby': 'reason-help', dir: 'auto', autocomplete: 'off' }));

/** @param {HTMLFormElement} form */
function reasonOf(form) {
  const reason = /** @type {HTMLInputElement} */ (form.querySelector('#reason')).value.trim();
  return reason ? { reason } : {};
}

/**
 * Everything that can be done in one conversation.
 * @param {import('./client.js').Client} client
 * @param {{id: string, kind: string, name: string}} conversation
 */
export function deedsOf(client, { id, kind, name }) {
  const send = async (/** @type {string} */ op, /** @type {any} */ d, /** @type {(body: any) => string} */ keyFor) => client.ask(op, id, { cmid: keyFor([op, d]), ...d });
  const isRoom = kind === 'room';

  return {
    /** @param {import('./client.js').Person} user @param {'moderator' | 'member'} role */
    giveRole(user, role) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      const up = role === 'moderator';
      ask({
        title: say(up ? 'order.up' : 'order.down', person),
        text: up ? say('order.up-text') : say(isRoom ? 'order.down-text-room' : 'order.down-text-group', person),
        verb: say(up ? 'order.up-do' : 'order.down-do', person), keep: say('order.keep'), busy: say('order.changing'), bad: false,
        work: async () => {
          await send('member.role', { user: user.id, role }, keyFor);
          return say(up ? 'order.up-done' : 'order.down-done', person);
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    handOver(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      ask({
        title: say('order.hand', { ...person, name }),
        text: say(isRoom ? 'order.hand-text-room' : 'order.hand-text-group', person),
        verb: say('order.hand-do', person), keep: say('order.hand-keep'), busy: say('order.hand-busy'),
        work: async () => {
          await send('member.role', { user: user.id, role: 'owner' }, keyFor);
          return say('order.hand-done', person);
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    mute(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      const choices = MUTES.map((seconds, at) => el('label', { class: 'check' }, el('input', { type: 'radio', name: 'seconds', value: String(seconds), checked: at === 0 }),
        el('span', {}, durationWords(seconds), el('span', { class: 'quiet small' }, ` ${say('order.until-time', { time: untilWords(Date.now() + seconds * 1000) })}`))));
      ask({
        title: say('order.mute', person),
        text: say(isRoom ? 'order.mute-text-room' : 'order.mute-text-group', person),
        verb: say('order.mute-do', person), keep: say('order.mute-keep', person), busy: say('order.mute-busy'),
        fields: [el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, say('order.how-long')), ...choices), reasonField(user.name)],
        work: async (form) => {
          const seconds = Number(/** @type {HTMLInputElement} */ (form.querySelector('[name="seconds"]:checked')).value);
          await send('moderation.mute', { user: user.id, seconds, ...reasonOf(form) }, keyFor);
          return say('order.mute-done', { ...person, time: durationWords(seconds) });
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    unmute(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      ask({
        title: say('order.unmute', person), text: say(isRoom ? 'order.unmute-text-room' : 'order.unmute-text-group', person),
        verb: say('order.unmute-do', person), keep: say('order.keep'), busy: say('order.unmute-busy'), bad: false,
        work: async () => {
          await send('moderation.mute', { user: user.id, seconds: 0 }, keyFor);
          return say('order.unmute-done', person);
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    remove(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      ask({
        title: say('order.remove', { ...person, name }),
        text: say(isRoom ? 'order.remove-text-room' : 'order.remove-text-group', person),
        verb: say('order.remove-do', person), keep: say('order.remove-keep', person), busy: say('order.remove-busy'), fields: [reasonField(user.name)],
        work: async (form) => {
          await send('member.remove', { user: user.id, ...reasonOf(form) }, keyFor);
          return say('order.remove-done', { ...person, name });
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    ban(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      ask({
        title: say('order.ban', { ...person, name }),
        text: say('order.ban-text', person),
        verb: say('order.ban-do', person), keep: say('order.remove-keep', person), busy: say('order.ban-busy'), fields: [reasonField(user.name)],
        work: async (form) => {
          await send('moderation.ban', { user: user.id, ...reasonOf(form) }, keyFor);
          return say('order.ban-done', { ...person, name });
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    unban(user) {
      const person = { person: user.name };
      const keyFor = steadyKey();
      ask({
        title: say('order.unban', person),
        text: say(isRoom ? 'order.unban-text-room' : 'order.unban-text-group', person),
        verb: say('order.unban-do'), keep: say('order.unban-keep'), busy: say('order.unban-busy'), bad: false,
        work: async () => {
          await send('moderation.unban', { user: user.id }, keyFor);
          return say('order.unban-done', person);
        },
      });
    },

    /** @param {number} now seconds */
    slowMode(now) {
      const keyFor = steadyKey();
      const known = PAUSES.includes(now) ? PAUSES : [...PAUSES, now];
      const select = el('select', { class: 'input select', id: 'pause' }, ...known.map((seconds) => el('option', { value: String(seconds), selected: seconds === now }, pauseWords(seconds))));
      ask({
        title: say('order.slow'), text: say('order.slow-text'),
        verb: say('order.slow-do'), keep: say('order.keep'), busy: say('order.slow-busy'), bad: false,
        fields: [el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'pause' }, say('order.slow-label')), select)],
        work: async () => {
          const seconds = Number(select.value);
          await send('moderation.slow_mode', { seconds }, keyFor);
          return seconds ? say('order.slow-done', { time: pauseWords(seconds) }) : say('order.slow-over');
        },
      });
    },

    /** @param {() => void} onLeaving called before the server is asked */
    leave(onLeaving) {
      const keyFor = steadyKey();
      ask({
        title: say('order.leave', { name }),
        text: say(isRoom ? 'order.leave-text-room' : 'order.leave-text-group'),
        verb: say(isRoom ? 'order.leave-room' : 'order.leave-group'), keep: say('order.leave-keep'), busy: say('order.leave-busy'),
        work: async () => {
          onLeaving();
          await send('member.leave', {}, keyFor);
          return say('order.leave-done', { name });
        },
      });
    },
  };
}

/**
 * The steps of one member's menu.
 * @param {object} about
 * @param {import('./rooms.js').Member} about.member
 * @param {string} about.mine the own role
 * @param {string} about.kind of the conversation
 * @param {boolean} about.isMe
 * @param {boolean} about.isMuted as far as it is known
 * @param {ReturnType<typeof deedsOf>} deeds
 * @param {() => void} onProfile
 * @returns {import('./menu.js').Step[]}
 */
export function stepsFor({ member: { user, role }, mine, kind, isMe, isMuted }, deeds, onProfile) {
  const profile = { label: say('profile.title'), sign: 'person', run: onProfile };
  if (isMe || kind === 'direct') return [profile];
  const noRoles = whyNoRoles(mine);
  const against = whyNotAgainst(mine, role);
  const step = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {string} */ why, /** @type {() => void} */ run, bad = false) => ({ label, sign, run, bad, why, off: Boolean(why) });
  return [
    profile,
    role === 'moderator' ? step(say('order.step-down'), 'down', noRoles, () => deeds.giveRole(user, 'member')) : step(say('order.step-up'), 'shield', noRoles || (role === 'owner' ? say('order.not-owner') : ''), () => deeds.giveRole(user, 'moderator')),
    step(say('order.step-hand'), 'spark', noRoles, () => deeds.handOver(user)),
    step(isMuted ? say('order.step-mute-anew') : say('order.step-mute'), 'bell-off', against, () => deeds.mute(user)),
    { ...step(say('order.step-unmute'), 'bell', against, () => deeds.unmute(user)), ...(against || isMuted ? {} : { why: say('order.unmute-unknown') }) },
    step(kind === 'room' ? say('order.step-remove-room') : say('order.step-remove-group'), 'minus', against, () => deeds.remove(user), true),
    step(say('order.step-ban'), 'lock', against, () => deeds.ban(user), true),
  ];
}

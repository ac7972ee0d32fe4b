// What can be done about a member: which steps there are, which of them are allowed and why not, and the
// question that each of them asks first.

import { el, timeOfDay } from './dom.js';
import { ask, steadyKey } from './question.js';

const RANK = /** @type {Record<string, number>} */ ({ member: 0, moderator: 1, owner: 2 });
const DAY_MS = 86_400_000;
export const MOST_REASON = 200;

/** How long a mute can last, seconds, with its words. @type {[number, string, string][]} */
const MUTES = [[600, '10 minutes', 'for 10 minutes'], [3_600, '1 hour', 'for 1 hour'], [86_400, '1 day', 'for 1 day'], [604_800, '7 days', 'for 7 days'], [2_419_200, '28 days', 'for 28 days']];

/** Pauses of slow mode, seconds. @type {[number, string][]} */
export const PAUSES = [[0, 'Off'], [5, '5 seconds'], [10, '10 seconds'], [30, '30 seconds'], [60, '1 minute'], [300, '5 minutes'], [900, '15 minutes'], [3_600, '1 hour'], [21_600, '6 hours']];

/** @param {string} kind */
const place = (kind) => (kind === 'room' ? 'room' : 'group');

const words = {
  onlyModerators: 'Only moderators do this.',
  onlyOwner: 'Only the owner gives roles.',
  notOwner: 'Nobody can do this to the owner.',
  notEqual: 'Only the owner can do this to a moderator.',
  unmuteUnknown: 'Ends a mute from before this page was opened.',
  handOverFirst: 'Hand over the ownership first. Somebody has to keep order.',
};

/**
 * Why a step against somebody is not allowed; empty if it is.
 * @param {string} mine the own role @param {string} theirs
 */
export function whyNotAgainst(mine, theirs) {
  if (RANK[mine] < RANK.moderator) return words.onlyModerators;
  if (RANK[theirs] < RANK[mine]) return '';
  return theirs === 'owner' ? words.notOwner : words.notEqual;
}

/** Why one may not give roles; empty if one may. @param {string} mine */
export const whyNoRoles = (mine) => (mine === 'owner' ? '' : words.onlyOwner);

/** Why one may not set the order of a room; empty if one may. @param {string} mine */
export const whyNoOrder = (mine) => (RANK[mine] < RANK.moderator ? words.onlyModerators : '');

/** Why one may not leave; empty if one may. @param {{role: string, members: number}} conversation */
export const whyNotLeave = ({ role, members }) => (role === 'owner' && members > 1 ? words.handOverFirst : '');

/** "15:20", "Thursday 15:20", "24 December, 15:20". @param {number} ts unix milliseconds */
export function untilWords(ts) {
  const lang = document.documentElement.lang || 'en';
  const ahead = ts - Date.now();
  if (new Date(ts).toDateString() === new Date().toDateString()) return timeOfDay(ts);
  const day = new Intl.DateTimeFormat(lang, ahead < 6 * DAY_MS ? { weekday: 'long' } : { day: 'numeric', month: 'long' });
  return `${day.format(ts)}, ${timeOfDay(ts)}`;
}

/** @param {number} seconds */
export const pauseWords = (seconds) => PAUSES.find(([length]) => length === seconds)?.[1] ?? `${seconds} seconds`;

const reasonField = (/** @type {string} */ who) => el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'reason' }, 'Reason ', el('span', { class: 'field__opt' }, '(optional)')),
  el('p', { class: 'field__help', id: 'reason-help' }, `${who} can read it, and it stands in the audit.`),
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
  const here = place(kind);

  return {
    /** @param {import('./client.js').Person} user @param {'moderator' | 'member'} role */
    giveRole(user, role) {
      const keyFor = steadyKey();
      const up = role === 'moderator';
      ask({
        title: up ? `Make ${user.name} a moderator?` : `Make ${user.name} a member again?`,
        text: up ? 'Moderators add and remove people, mute and ban members, delete their messages and set slow mode. You can take it back.'
          : `${user.name} stays in the ${here} and moderates no more. You can take it back.`,
        verb: up ? `Make ${user.name} a moderator` : `Make ${user.name} a member`, keep: 'Leave it as it is', busy: 'Changing…', bad: false,
        work: async () => {
          await send('member.role', { user: user.id, role }, keyFor);
          return up ? `${user.name} is a moderator now.` : `${user.name} is a member now.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    handOver(user) {
      const keyFor = steadyKey();
      ask({
        title: `Hand ${name} over to ${user.name}?`,
        text: `${user.name} owns the ${here} then and gives the roles, you become a moderator. Only ${user.name} can give it back.`,
        verb: `Hand over to ${user.name}`, keep: 'Stay the owner', busy: 'Handing over…',
        work: async () => {
          await send('member.role', { user: user.id, role: 'owner' }, keyFor);
          return `${user.name} is the owner now, you are a moderator.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    mute(user) {
      const keyFor = steadyKey();
      const choices = MUTES.map(([seconds, label], at) => el('label', { class: 'check' }, el('input', { type: 'radio', name: 'seconds', value: String(seconds), checked: at === 0 }),
        el('span', {}, label, el('span', { class: 'quiet small' }, ` until ${untilWords(Date.now() + seconds * 1000)}`))));
      ask({
        title: `Mute ${user.name}?`,
        text: `${user.name} can read on, but not write, edit or react in this ${here} until the time is over or a moderator ends it.`,
        verb: `Mute ${user.name}`, keep: `Let ${user.name} write`, busy: 'Muting…',
        fields: [el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, 'How long?'), ...choices), reasonField(user.name)],
        work: async (form) => {
          const seconds = Number(/** @type {HTMLInputElement} */ (form.querySelector('[name="seconds"]:checked')).value);
          await send('moderation.mute', { user: user.id, seconds, ...reasonOf(form) }, keyFor);
          return `${user.name} is muted ${MUTES.find(([length]) => length === seconds)?.[2]}.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    unmute(user) {
      const keyFor = steadyKey();
      ask({
        title: `Let ${user.name} write again?`, text: `${user.name} can write, edit and react in this ${here} at once.`,
        verb: `Unmute ${user.name}`, keep: 'Leave it as it is', busy: 'Ending the mute…', bad: false,
        work: async () => {
          await send('moderation.mute', { user: user.id, seconds: 0 }, keyFor);
          return `${user.name} can write again.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    remove(user) {
      const keyFor = steadyKey();
      ask({
        title: `Remove ${user.name} from ${name}?`,
        text: `${user.name} is out at once, on every device, and reads nothing from now on. What ${user.name} wrote stays. ${kind === 'room' ? 'Anybody can join again.' : 'A moderator can add them again.'}`,
        verb: `Remove ${user.name}`, keep: `Keep ${user.name}`, busy: 'Removing…', fields: [reasonField(user.name)],
        work: async (form) => {
          await send('member.remove', { user: user.id, ...reasonOf(form) }, keyFor);
          return `${user.name} is not in ${name} any more.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    ban(user) {
      const keyFor = steadyKey();
      ask({
        title: `Ban ${user.name} from ${name}?`,
        text: `${user.name} is out at once, on every device, and cannot come back until a moderator lifts the ban. What ${user.name} wrote stays.`,
        verb: `Ban ${user.name}`, keep: `Keep ${user.name}`, busy: 'Banning…', fields: [reasonField(user.name)],
        work: async (form) => {
          await send('moderation.ban', { user: user.id, ...reasonOf(form) }, keyFor);
          return `${user.name} is banned from ${name}.`;
        },
      });
    },

    /** @param {import('./client.js').Person} user */
    unban(user) {
      const keyFor = steadyKey();
      ask({
        title: `Let ${user.name} back in?`,
        text: kind === 'room' ? `${user.name} can join again. Nobody is told.` : `A moderator can add ${user.name} again. Nobody is told.`,
        verb: 'Let back in', keep: 'Keep the ban', busy: 'Lifting the ban…', bad: false,
        work: async () => {
          await send('moderation.unban', { user: user.id }, keyFor);
          return `The ban on ${user.name} is lifted.`;
        },
      });
    },

    /** @param {number} now seconds */
    slowMode(now) {
      const keyFor = steadyKey();
      const known = PAUSES.some(([seconds]) => seconds === now) ? PAUSES : [...PAUSES, /** @type {[number, string]} */ ([now, pauseWords(now)])];
      const select = el('select', { class: 'input select', id: 'pause' }, ...known.map(([seconds, label]) => el('option', { value: String(seconds), selected: seconds === now }, label)));
      ask({
        title: 'Slow mode', text: 'Members pause between two messages. Moderators do not have to.',
        verb: 'Set slow mode', keep: 'Leave it as it is', busy: 'Setting…', bad: false,
        fields: [el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'pause' }, 'Pause between two messages'), select)],
        work: async () => {
          const seconds = Number(select.value);
          await send('moderation.slow_mode', { seconds }, keyFor);
          return seconds ? `Members wait ${pauseWords(seconds)} between two messages now.` : 'Slow mode is off.';
        },
      });
    },

    /** @param {() => void} onLeaving called before the server is asked */
    leave(onLeaving) {
      const keyFor = steadyKey();
      ask({
        title: `Leave ${name}?`,
        text: kind === 'room' ? 'You read and write here no more. What you wrote stays. You can join again whenever you like.'
          : 'You read and write here no more. What you wrote stays. To come back, a moderator has to add you, and you will not see what was said before.',
        verb: `Leave the ${here}`, keep: 'Stay', busy: 'Leaving…',
        work: async () => {
          onLeaving();
          await send('member.leave', {}, keyFor);
          return `You left ${name}.`;
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
  const profile = { label: 'Profile', sign: 'person', run: onProfile };
  if (isMe || kind === 'direct') return [profile];
  const noRoles = whyNoRoles(mine);
  const against = whyNotAgainst(mine, role);
  const step = (/** @type {string} */ label, /** @type {string} */ sign, /** @type {string} */ why, /** @type {() => void} */ run, bad = false) => ({ label, sign, run, bad, why, off: Boolean(why) });
  return [
    profile,
    role === 'moderator' ? step('Make a member', 'down', noRoles, () => deeds.giveRole(user, 'member')) : step('Make a moderator', 'shield', noRoles || (role === 'owner' ? words.notOwner : ''), () => deeds.giveRole(user, 'moderator')),
    step('Hand over the ownership', 'spark', noRoles, () => deeds.handOver(user)),
    step(isMuted ? 'Mute anew' : 'Mute', 'bell-off', against, () => deeds.mute(user)),
    { ...step('Unmute', 'bell', against, () => deeds.unmute(user)), ...(against || isMuted ? {} : { why: words.unmuteUnknown }) },
    step(`Remove from the ${place(kind)}`, 'minus', against, () => deeds.remove(user), true),
    step('Ban', 'lock', against, () => deeds.ban(user), true),
  ];
}

// What one message shows: its text with links and names, what it answers, its reactions, what stands under it.

import { cardLine, quizCard } from './card.js';
import { el, figure, icon } from './dom.js';
import { mentionsIn } from './messages.js';
import { allOf, say } from './words.js';

const LINK = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;
const QUOTE_CHARACTERS = 140;

/**
 * Text with its web addresses as links and the names of people who are here marked.
 * @param {string} text
 * @param {Set<string>} usernames
 */
export function rich(text, usernames) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    parts.push(...named(text.slice(from, found.index), usernames), el('a', { href: found[0], target: '_blank', rel: 'noopener noreferrer nofollow' }, found[0]));
    from = found.index + found[0].length;
  }
  return [...parts, ...named(text.slice(from), usernames)];
}

/** @param {string} text @param {Set<string>} usernames */
function named(text, usernames) {
  const parts = [];
  let from = 0;
  for (const { at, length, username } of mentionsIn(text)) {
    if (!usernames.has(username)) continue;
    parts.push(text.slice(from, at), el('span', { class: 'mention' }, text.slice(at, at + length)));
    from = at + length;
  }
  return [...parts, text.slice(from)];
}

/** The beginning of a text, on one line. @param {string} text */
export const excerpt = (text) => {
  const line = cardLine(text).replace(/\s+/g, ' ').trim();
  return line.length > QUOTE_CHARACTERS ? `${line.slice(0, QUOTE_CHARACTERS)}…` : line;
};

/** What a quote says. @param {import('./messages.js').Message | null | undefined} quoted */
export function quoteWords(quoted) {
  if (quoted === undefined) return say('bubble.loading');
  if (quoted === null) return say('bubble.not-seen');
  return quoted.body === undefined ? say('bubble.deleted') : excerpt(quoted.body);
}

/** @param {number} seq @param {import('./messages.js').Message | null | undefined} quoted @param {string} name whose it is @param {(seq: number) => void} onJump */
export function quote(seq, quoted, name, onJump) {
  const content = [name && el('strong', { dir: 'auto' }, name), el('span', { class: 'truncate', dir: 'auto' }, quoteWords(quoted))];
  if (quoted === null) return el('span', { class: 'quote' }, ...content);
  return el('a', { class: 'quote', href: `#m-${seq}`, dataset: { key: 'quote' }, onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    onJump(seq);
  } }, ...content);
}

/** Who reacted, as far as it is known: "❤️ 5: you, Bo and 3 more". @param {import('./messages.js').Reacted} reaction @param {Map<string, string> | undefined} who @param {string} me */
export function reactionLabel({ emoji, count, mine }, who, me) {
  const names = [...(who ?? [])].filter(([id]) => id !== me).map(([, name]) => name);
  if (mine) names.unshift(say('bubble.you'));
  const more = count - names.length;
  if (names.length && more > 0) names.push(say('bubble.n-more', { n: more }));
  return `${emoji} ${figure(count)}${names.length ? `: ${allOf(names)}` : ''}`;
}

/**
 * @param {import('./messages.js').Message} message as it is shown
 * @param {string} me
 * @param {{onReact: (emoji: string, on: boolean) => void, onPick: (anchor: HTMLElement) => void, refused: string | null}} actions
 */
export function reactions(message, me, { onReact, onPick, refused }) {
  if (!message.reactions?.length) return null;
  const disabled = refused ? 'true' : null;
  const chips = message.reactions.map((reaction) => {
    const { emoji, count, mine, waiting } = reaction;
    const label = reactionLabel(reaction, message.who?.get(emoji), me);
    return el('li', {}, el('button', { class: `reaction${waiting ? ' is-waiting' : ''}`, type: 'button', 'aria-pressed': String(mine), 'aria-label': label, title: label.slice(label.indexOf(' ') + 1),
      'aria-disabled': disabled, dataset: { key: `reaction ${emoji}` }, onclick: () => refused || onReact(emoji, !mine) }, el('span', { 'aria-hidden': 'true' }, emoji), ` ${figure(count)}`));
  });
  const add = el('button', { class: 'reaction reaction--add', type: 'button', 'aria-label': say('bubble.add-reaction'), 'aria-haspopup': 'dialog', 'aria-disabled': disabled, dataset: { key: 'reaction add' },
    onclick: (/** @type {any} */ event) => refused || onPick(event.currentTarget) }, icon('smile', 'icon icon--sm'));
  return el('ul', { class: 'reactions', 'aria-label': say('bubble.reactions') }, ...chips, el('li', {}, add));
}

/** The text, or that there is none any more. @param {import('./messages.js').Message & {erasing?: boolean}} shown @param {Set<string>} usernames @param {Node | null} answers what it answers */
export function bubble(shown, usernames, answers) {
  if (shown.erasing) return el('div', { class: 'bubble bubble--gone' }, say('bubble.you-deleted'));
  if (shown.body === undefined) return el('div', { class: 'bubble bubble--gone' }, say('bubble.deleted'));
  const card = quizCard(shown.body);
  if (card) return card;
  return el('div', { class: 'bubble', dir: 'auto' }, answers, el('p', {}, ...rich(shown.body, usernames)));
}

/** That it was changed. @param {import('./messages.js').Message} shown */
export const editedMark = ({ rev, body }) => ((rev ?? 1) > 1 && body !== undefined ? say('bubble.edited') : '');

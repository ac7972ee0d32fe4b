// Finding a conversation by the name of it or of the person in it, as one types.

import { announce, byId } from './dom.js';
import { say } from './words.js';

const SETTLED_MS = 700;

/** Without accents and case, so that "zoe" finds "Zoë". @param {string} text */
const plainly = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLocaleLowerCase();

/**
 * Whether each word that was typed begins a word of the name, or stands in the user name.
 * @param {string} query @param {{title?: string, with?: {name: string, username: string}}} conversation
 */
export function matches(query, conversation) {
  const wanted = plainly(query).replaceAll('@', ' ').split(/\s+/).filter(Boolean);
  const name = plainly(conversation.title ?? conversation.with?.name ?? '');
  const username = plainly(conversation.with?.username ?? '');
  const starts = name.split(/[\s_-]+/);
  return wanted.every((word) => starts.some((start) => start.startsWith(word)) || name.includes(word) || username.includes(word));
}

/** The field above the list. Events: `change` (what is looked for is another). */
export class Finder extends EventTarget {
  /** @param {{onFirst: () => void, onDown: () => void, count: () => number}} actions */
  constructor({ onFirst, onDown, count }) {
    super();
    this.field = byId('find');
    this.count = count;
    this.settled = 0;
    /** @type {HTMLElement | null} */
    this.cameFrom = null;
    this.field.addEventListener('input', () => this.#changed());
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key === 'ArrowDown') onDown();
      else if (event.key === 'Enter' && this.query) onFirst();
      else if (event.key === 'Escape') this.#escape();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  get query() {
    return this.field.value.trim();
  }

  /** Comes here by a key; Escape goes back to where the focus was. */
  focus() {
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    if (active !== this.field) this.cameFrom = active;
    this.field.focus();
    this.field.select();
  }

  clear() {
    if (!this.field.value) return;
    this.field.value = '';
    this.#changed();
  }

  #escape() {
    if (this.field.value) this.clear();
    else if (this.cameFrom?.isConnected) this.cameFrom.focus();
    else this.field.blur();
  }

  #changed() {
    window.clearTimeout(this.settled);
    this.dispatchEvent(new CustomEvent('change'));
    if (!this.query) return;
    this.settled = window.setTimeout(() => announce(say('find.found', { n: this.count() })), SETTLED_MS);
  }
}

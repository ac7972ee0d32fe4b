// Deleting a message, with eight seconds to think again. The server hears of it when they are over, when the
// page is left or hidden, or when the next one is deleted.

import { announce, el, icon } from './dom.js';
import { lettersOn } from './letters.js';
import { say } from './words.js';

const TIME_MS = 8_000;
const TICK_MS = 250;
const SVG = 'http://www.w3.org/2000/svg';

function toasts() {
  const known = document.querySelector('.toasts');
  if (known) return known;
  const made = el('div', { class: 'toasts', role: 'region', 'aria-label': say('undo.notices') });
  document.body.append(made);
  return made;
}

/** @param {HTMLElement} toast */
function takeAway(toast) {
  const all = toast.parentElement;
  toast.remove();
  if (all && !all.childElementCount) all.remove();
}

/** @param {string} name @param {() => void} onclick */
const button = (name, onclick) => el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick }, name);

/** @param {() => void} onclick */
const closer = (onclick) => el('button', { class: 'icon-btn icon-btn--sm', type: 'button', 'aria-label': say('close'), onclick }, icon('close'));

/** A circle that empties, with the seconds in it. */
function countdown() {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 100 100');
  const [full, left] = [0, 1].map(() => {
    const circle = document.createElementNS(SVG, 'circle');
    for (const [name, value] of Object.entries({ cx: '50', cy: '50', r: '42', pathLength: '100' })) circle.setAttribute(name, value);
    return circle;
  });
  svg.append(full, left);
  const seconds = el('span');
  const node = el('span', { class: 'toast__left', 'aria-hidden': 'true' }, svg, seconds);
  return { node, show: (/** @type {number} */ ms) => {
    left.setAttribute('stroke-dasharray', `${(100 * ms) / TIME_MS} 100`);
    seconds.textContent = String(Math.ceil(ms / 1000));
  } };
}

/** Events: `change` (`detail.room`, `detail.seq`, `detail.back`: it was undone). */
class Undo extends EventTarget {
  constructor() {
    super();
    /** @type {{room: string, seq: number, left: number, at: number, toast: HTMLElement, commit: () => void, timer: number, held: () => boolean} | null} */
    this.now = null;
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.commit();
    });
    window.addEventListener('pagehide', () => this.commit());
    document.addEventListener('keydown', (event) => {
      const field = /** @type {HTMLElement} */ (event.target).closest?.('input, textarea, select, [contenteditable]');
      if (!this.now || field || event.ctrlKey || event.metaKey || event.altKey || event.key.toLowerCase() !== 'z' || !lettersOn()) return;
      event.preventDefault();
      this.back();
    });
  }

  /** Whether this message is to be deleted in a moment. @param {string} room @param {number} seq */
  is(room, seq) {
    return this.now?.room === room && this.now.seq === seq;
  }

  /** @param {import('./deeds.js').Deeds} deeds @param {string} room @param {number} seq */
  erase(deeds, room, seq) {
    this.commit();
    const clock = countdown();
    const toast = el('div', { class: 'toast' }, clock.node, el('span', { class: 'grow' }, say('bubble.deleted')), button(say('undo.undo'), () => this.back()), closer(() => this.commit()));
    const held = () => toast.matches(':hover') || toast.contains(document.activeElement);
    this.now = { room, seq, left: TIME_MS, at: Date.now(), toast, held, commit: () => deeds.erase(room, seq), timer: window.setInterval(() => this.#tick(clock.show), TICK_MS) };
    clock.show(TIME_MS);
    toasts().append(toast);
    announce(lettersOn() ? say('undo.said') : say('undo.said-plainly'));
    this.#changed(room, seq, false);
  }

  /** @param {(ms: number) => void} show */
  #tick(show) {
    const { now } = this;
    if (!now) return;
    const passed = Date.now() - now.at;
    now.at = Date.now();
    if (now.held()) return;
    now.left -= passed;
    if (now.left <= 0) this.commit();
    else show(now.left);
  }

  /** The server is told now. */
  commit() {
    const done = this.#end();
    if (!done) return;
    done.commit();
    this.#changed(done.room, done.seq, false);
  }

  /** It stays. */
  back() {
    const done = this.#end();
    if (!done) return;
    announce(say('undo.back'));
    this.#changed(done.room, done.seq, true);
  }

  #end() {
    const { now } = this;
    this.now = null;
    if (!now) return null;
    window.clearInterval(now.timer);
    takeAway(now.toast);
    return now;
  }

  /** @param {string} room @param {number} seq @param {boolean} back */
  #changed(room, seq, back) {
    this.dispatchEvent(new CustomEvent('change', { detail: { room, seq, back } }));
  }
}

export const undo = new Undo();

/** Says what the server did not carry out. @param {import('./deeds.js').Deeds} deeds */
export function tellRefusals(deeds) {
  for (const { cmid, op, failed } of [...deeds.items.values()]) if (failed && op !== 'message.edit') deeds.remove(cmid);
  deeds.addEventListener('failed', (event) => {
    const { cmid, op, why, code } = /** @type {CustomEvent} */ (event).detail;
    const gone = op === 'message.edit' && code === 'not_found';
    if (op === 'message.edit' && !gone) {
      announce(say('undo.change-not'));
      return;
    }
    const sentence = gone ? say('undo.change-gone') : op === 'message.delete' ? say('undo.not-deleted') : say('undo.reaction-not', { why });
    const close = (/** @type {boolean} */ again) => {
      takeAway(toast);
      if (again) deeds.retry(cmid);
      else deeds.remove(cmid);
    };
    if (op !== 'message.delete') deeds.remove(cmid);
    const toast = el('div', { class: 'toast' }, icon('alert'), el('span', { class: 'grow' }, sentence),
      op === 'message.delete' && button(say('try-again'), () => close(true)), closer(() => close(false)));
    toasts().append(toast);
    announce(sentence);
  });
}

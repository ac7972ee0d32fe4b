// The countdown: a ring and a number. The deadline was sent once; the page counts on its own monotonic clock.

import { announce, el } from '../dom.js';
import { figure, say } from '../words.js';

const SVG = 'http://www.w3.org/2000/svg';
const LAST_S = 5;
/** Said aloud, seconds before the end. */
const SAID = [10, 5];

function circle(/** @type {string} */ kind) {
  const node = document.createElementNS(SVG, 'circle');
  for (const [name, value] of Object.entries({ class: kind, cx: 50, cy: 50, r: 44, pathLength: 100 })) node.setAttribute(name, String(value));
  return node;
}

export class Ring {
  /**
   * @param {() => number | undefined} left milliseconds left
   * @param {number} whole milliseconds of the whole circle
   * @param {{classes?: string, paused?: boolean, silent?: boolean}} [how]
   */
  constructor(left, whole, { classes = '', paused = false, silent = false } = {}) {
    this.left = left;
    this.whole = Math.max(1, whole);
    this.silent = silent;
    this.said = new Set();
    this.arc = circle('ring__left');
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', '0 0 100 100');
    svg.setAttribute('aria-hidden', 'true');
    svg.append(circle('ring__track'), this.arc);
    this.digits = el('span', {});
    this.node = el('span', { class: `ring ${classes} ${paused ? 'is-paused' : ''}`.replace(/ +/g, ' ').trim(), role: 'timer', 'aria-live': 'off' }, svg, this.digits);
    this.tick();
  }

  /** Shows what is left now. */
  tick() {
    const ms = this.left() ?? 0;
    const seconds = Math.ceil(ms / 1000);
    this.arc.setAttribute('stroke-dasharray', `${Math.min(100, (100 * ms) / this.whole).toFixed(1)} 100`);
    if (this.digits.textContent !== figure(seconds)) {
      this.digits.textContent = figure(seconds);
      this.node.setAttribute('aria-label', say('live.seconds-left', { n: seconds }));
    }
    this.node.classList.toggle('is-last', seconds <= LAST_S && !this.node.classList.contains('is-paused'));
    if (!this.silent && SAID.includes(seconds) && this.whole > seconds * 1000 && !this.said.has(seconds)) {
      this.said.add(seconds);
      announce(say('live.seconds-left', { n: seconds }));
    }
  }
}

const EVERY_MS = 200;

/** Calls again and again while the page is shown. @param {() => void} tick */
export function ticking(tick) {
  globalThis.setInterval(tick, EVERY_MS);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && tick());
}

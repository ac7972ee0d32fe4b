// The bar under a new password, with its verdict in words; who hears the page is told once the typing rests.

import { announce, el } from './dom.js';
import { say } from './words.js';

/** @typedef {import('./strength.js').Strength} Strength */

const RESTS_MS = 1_200;
const MOST = 4;

const LEVELS = /** @type {const} */ (['meter.guessed', 'meter.fair', 'meter.good', 'meter.strong']);
const SAID = /** @type {const} */ (['meter.said-guessed', 'meter.said-fair', 'meter.said-good', 'meter.said-strong']);


/** @returns {{node: HTMLElement, show: (strength: Strength) => void}} */
export function passwordMeter() {
  const bar = el('div', { class: 'meter', role: 'meter', 'aria-label': say('meter.label'), 'aria-valuemin': '0', 'aria-valuemax': String(MOST) },
    ...Array.from({ length: MOST }, () => el('i')));
  const verdict = el('span', { class: 'meter__words', 'aria-hidden': 'true' });
  const node = el('div', { class: 'meter-row', hidden: true }, bar, verdict);
  let timer = 0;
  let heard = 0;
  /** @param {Strength} strength */
  const show = (strength) => {
    const level = strength ? say(LEVELS[strength - 1]) : '';
    node.hidden = !strength;
    node.dataset.strength = String(strength);
    bar.setAttribute('aria-valuenow', String(strength));
    bar.setAttribute('aria-valuetext', level);
    verdict.textContent = level;
    window.clearTimeout(timer);
    if (strength === heard) return;
    timer = window.setTimeout(() => {
      heard = strength;
      if (strength) announce(say(SAID[strength - 1]));
    }, RESTS_MS);
  };
  show(0);
  return { node, show };
}

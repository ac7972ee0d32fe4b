// The bar under a new password, with its verdict in words; who hears the page is told once the typing rests.

import { announce, el } from './dom.js';

/** @typedef {import('./strength.js').Strength} Strength */

const RESTS_MS = 1_200;
const MOST = 4;

const words = {
  label: 'Strength of the password',
  levels: ['', 'Easy to guess', 'Fair', 'Good', 'Strong'],
  /** @param {string} level */
  said: (level) => `Password: ${level.toLocaleLowerCase()}.`,
};

/** @returns {{node: HTMLElement, show: (strength: Strength) => void}} */
export function passwordMeter() {
  const bar = el('div', { class: 'meter', role: 'meter', 'aria-label': words.label, 'aria-valuemin': '0', 'aria-valuemax': String(MOST) },
    ...Array.from({ length: MOST }, () => el('i')));
  const verdict = el('span', { class: 'meter__words', 'aria-hidden': 'true' });
  const node = el('div', { class: 'meter-row', hidden: true }, bar, verdict);
  let timer = 0;
  let heard = 0;
  /** @param {Strength} strength */
  const show = (strength) => {
    const level = words.levels[strength];
    node.hidden = !strength;
    node.dataset.strength = String(strength);
    bar.setAttribute('aria-valuenow', String(strength));
    bar.setAttribute('aria-valuetext', level);
    verdict.textContent = level;
    window.clearTimeout(timer);
    if (strength === heard) return;
    timer = window.setTimeout(() => {
      heard = strength;
      if (level) announce(words.said(level));
    }, RESTS_MS);
  };
  show(0);
  return { node, show };
}

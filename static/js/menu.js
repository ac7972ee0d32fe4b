// A button with a menu: arrows move, Escape closes, the focus goes back to the button. A step that is not
// allowed stays where it is, with the reason.

import { el, icon } from './dom.js';
import { openLayer, rove } from './layer.js';

/** @typedef {{label: string, sign: string, run: () => void, why?: string, off?: boolean, bad?: boolean}} Step `off`: not allowed, `why` says the reason */

let made = 0;

/**
 * @param {string} label of the button
 * @param {() => Step[]} steps what the menu has at the moment it opens
 * @param {HTMLElement} home where in the page the menu is put while it is open
 */
export function menuButton(label, steps, home) {
  made += 1;
  const id = `menu-${made}`;
  const button = el('button', { class: 'icon-btn icon-btn--sm', type: 'button', 'aria-label': label, 'aria-haspopup': 'menu', 'aria-expanded': 'false' }, icon('more'));
  /** @type {(() => void) | null} */
  let close = null;

  /** @param {Step} step */
  const item = (step) => {
    const node = el('button', { class: `menu__item${step.bad && !step.off ? ' menu__item--bad' : ''}`, type: 'button', role: 'menuitem', tabindex: '-1', 'aria-disabled': step.off ? 'true' : null },
      icon(step.sign), el('span', { class: 'grow' }, step.label, step.why && el('span', { class: 'menu__why' }, step.why)));
    node.addEventListener('click', () => {
      if (step.off) return;
      // The focus goes back to the button first: a dialog gives it back to what had it.
      close?.();
      step.run();
    });
    return node;
  };

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const items = /** @type {HTMLElement[]} */ ([.../** @type {HTMLElement} */ (event.currentTarget).querySelectorAll('.menu__item')]);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const end = { Home: 0, End: items.length - 1 }[event.key];
    // From the button on, Tab goes where it would without the menu.
    if (event.key === 'Tab') close?.();
    if (step === undefined && end === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (end === undefined) rove(items, step ?? 1);
    else items[end].focus();
  };

  button.addEventListener('click', () => {
    if (close) {
      close();
      return;
    }
    const menu = el('div', { class: 'menu menu--steps', id, role: 'menu', 'aria-label': label }, ...steps().map(item));
    menu.addEventListener('keydown', key);
    button.setAttribute('aria-expanded', 'true');
    button.setAttribute('aria-controls', id);
    close = openLayer(menu, { host: home, at: button.getBoundingClientRect(), opener: button, back: () => button, onClose: () => {
      close = null;
      button.setAttribute('aria-expanded', 'false');
      button.removeAttribute('aria-controls');
    } });
    menu.querySelector('.menu__item').focus();
  });
  return button;
}

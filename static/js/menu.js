// A button with a menu: arrows move, Escape closes, the focus goes back to the button. A step that is not
// allowed stays where it is, with the reason.

import { el, icon } from './dom.js';

/** @typedef {{label: string, sign: string, run: () => void, why?: string, off?: boolean, bad?: boolean}} Step `off`: not allowed, `why` says the reason */

const PHONE = window.matchMedia('(max-width: 760px)');
const GAP_PX = 4;
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
  /** @type {any} */
  let menu = null;

  const close = () => {
    button.setAttribute('aria-expanded', 'false');
    button.removeAttribute('aria-controls');
    document.removeEventListener('pointerdown', outside, true);
    menu?.remove();
    menu = null;
  };

  /** @param {PointerEvent} event */
  const outside = ({ target }) => {
    if (target instanceof Node && !menu?.contains(target) && !button.contains(target)) close();
  };

  /** @param {Step} step */
  const item = (step) => {
    const node = el('button', { class: `menu__item${step.bad && !step.off ? ' menu__item--bad' : ''}`, type: 'button', role: 'menuitem', tabindex: '-1', 'aria-disabled': step.off ? 'true' : null },
      icon(step.sign), el('span', { class: 'grow' }, step.label, step.why && el('span', { class: 'menu__why' }, step.why)));
    node.addEventListener('click', () => {
      if (step.off) return;
      close();
      // A dialog gives the focus back to what had it: the button.
      button.focus();
      step.run();
    });
    return node;
  };

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const items = [...menu.querySelectorAll('.menu__item')];
    const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowDown: (now + 1) % items.length, ArrowUp: (now - 1 + items.length) % items.length, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined) items[to].focus();
    else if (event.key === 'Escape' || event.key === 'Tab') {
      close();
      button.focus();
      if (event.key === 'Tab') return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const place = () => {
    if (PHONE.matches) return;
    const { top, bottom, right } = button.getBoundingClientRect();
    const { height, width } = menu.getBoundingClientRect();
    const below = bottom + GAP_PX + height <= window.innerHeight;
    menu.style.setProperty('top', `${below ? bottom + GAP_PX : Math.max(GAP_PX, top - GAP_PX - height)}px`);
    menu.style.setProperty('left', `${Math.max(GAP_PX, right - width)}px`);
  };

  button.addEventListener('click', () => {
    if (menu) {
      close();
      return;
    }
    menu = el('div', { class: `menu menu--float${PHONE.matches ? ' sheet-menu' : ''}`, id, role: 'menu', 'aria-label': label, popover: 'manual' }, ...steps().map(item));
    menu.addEventListener('keydown', key);
    home.append(menu);
    menu.showPopover();
    place();
    document.addEventListener('pointerdown', outside, true);
    button.setAttribute('aria-expanded', 'true');
    button.setAttribute('aria-controls', id);
    menu.querySelector('.menu__item').focus();
  });
  return button;
}

// A menu or a small dialog that opens over the conversation: beside what opened it, on a phone as a sheet at
// the bottom. One at a time; Escape, a press beside it and leaving it by Tab close it, and focus goes back.

import { el } from './dom.js';

const PHONE = window.matchMedia('(max-width: 760px)');
const GAP = 6;
const EDGE = 8;

/** @type {(() => void) | null} */
let closeOpen = null;

/** Whether one is open. */
export const isLayerOpen = () => closeOpen !== null;

/** Closes the one that is open. */
export const closeLayer = () => closeOpen?.();

/**
 * @param {HTMLElement} panel
 * @param {object} place
 * @param {HTMLElement} place.host where it stands in the page
 * @param {DOMRect} place.at beside what
 * @param {HTMLElement} [place.opener] a press on it is its own affair: it closes what it has opened
 * @param {() => HTMLElement | null} place.back where focus goes when it closes
 * @param {() => void} [place.onClose]
 * @returns {() => void} closes it
 */
export function openLayer(panel, { host, at, opener, back, onClose }) {
  closeLayer();
  const sheet = PHONE.matches;
  const ends = new AbortController();
  const shade = sheet ? el('div', { class: 'layer-shade', 'aria-hidden': 'true' }) : null;
  panel.classList.add('layer');
  panel.classList.toggle('layer--sheet', sheet);
  if (panel.classList.contains('menu')) panel.classList.toggle('sheet-menu', sheet);
  if (shade) host.append(shade);
  host.append(panel);
  if (!sheet) beside(panel, at);
  const close = (refocus = true) => {
    if (ends.signal.aborted) return;
    ends.abort();
    closeOpen = null;
    const hadFocus = panel.contains(document.activeElement) || document.activeElement === document.body;
    panel.remove();
    shade?.remove();
    if (refocus && hadFocus) back()?.focus({ preventScroll: true });
    onClose?.();
  };
  closeOpen = close;
  const { signal } = ends;
  const isOurs = (/** @type {EventTarget | null} */ node) => node instanceof Node && (panel.contains(node) || Boolean(opener?.contains(node)));
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    close();
  }, { signal });
  document.addEventListener('pointerdown', (event) => {
    if (!isOurs(event.target)) close();
  }, { signal, capture: true });
  panel.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !isOurs(event.relatedTarget)) close(false);
  }, { signal });
  window.addEventListener('resize', () => close(), { signal });
  return close;
}

/** Below what opened it, above where there is no room; their ends of the line stand above each other. @param {HTMLElement} panel @param {DOMRect} at */
function beside(panel, at) {
  const { width, height } = panel.getBoundingClientRect();
  const below = at.bottom + GAP;
  const top = below + height + EDGE <= window.innerHeight ? below : Math.max(EDGE, at.top - GAP - height);
  const wanted = getComputedStyle(panel).direction === 'rtl' ? at.left : at.right - width;
  const left = Math.min(Math.max(EDGE, wanted), window.innerWidth - width - EDGE);
  panel.style.setProperty('top', `${top}px`);
  panel.style.setProperty('left', `${left}px`);
}

/**
 * Moves focus among the things of a menu or a toolbar, one of which is a stop of Tab.
 * @param {HTMLElement[]} items
 * @param {number} step
 */
export function rove(items, step) {
  if (!items.length) return;
  const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = items[(now + step + items.length) % items.length];
  for (const item of items) item.tabIndex = item === next ? 0 : -1;
  next.focus();
}

// Chooses an emoji: a search, groups, a grid that arrow keys walk, the name of the one under the cursor.

import { el, icon } from './dom.js';
import { GROUPS, chosen, findEmoji, recentEmoji } from './emoji.js';
import { openLayer } from './layer.js';
import { say, sayBy } from './words.js';

/** @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

/**
 * @param {object} needs
 * @param {'react' | 'insert'} needs.purpose
 * @param {HTMLElement} needs.host
 * @param {DOMRect} needs.at
 * @param {() => HTMLElement | null} needs.back
 * @param {() => void} [needs.onClose]
 * @param {Set<string>} [needs.mine] those that are put already
 * @param {(emoji: string) => void} needs.onChoose
 */
export function openPicker({ purpose, host, at, back, onClose, mine = new Set(), onChoose }) {
  const search = el('input', { class: 'input', type: 'search', 'aria-label': say('picker.find'), placeholder: say('picker.hint'), autocomplete: 'off', spellcheck: 'false' });
  const scroll = el('div', { class: 'emoji__scroll', role: 'group', 'aria-label': say('picker.emoji'), tabindex: '-1' });
  const foot = el('p', { class: 'emoji__foot', 'aria-hidden': 'true' });
  const links = new Map([{ id: 'recent', short: say('picker.recent'), icon: 'clock' }, ...GROUPS].map(({ id, short, icon: sign }) => [id, el('a', { href: `#em-${id}`, 'aria-label': short, onclick: (/** @type {Event} */ event) => {
    event.preventDefault();
    goTo(id);
  } }, icon(sign))]));
  const groups = el('nav', { class: 'emoji__groups', 'aria-label': say('picker.groups') }, ...links.values());
  const closer = el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('close'), onclick: () => close() }, icon('close'));
  const panel = el('div', { class: 'emoji', role: 'dialog', 'aria-label': sayBy(`picker.${purpose}`) },
    el('div', { class: 'emoji__top' }, el('div', { class: 'row' }, el('div', { class: 'input-wrap grow' }, icon('search'), search), closer)), groups, scroll, foot);
  const buttons = () => /** @type {HTMLElement[]} */ ([...scroll.querySelectorAll('button')]);

  /** @param {HTMLElement | undefined} button @param {boolean} focus */
  function stand(button, focus) {
    for (const one of buttons()) {
      one.classList.toggle('is-at', one === button);
      one.tabIndex = one === button ? 0 : -1;
    }
    const emoji = button?.dataset.emoji ?? '';
    foot.replaceChildren(...(button ? [el('span', {}, emoji), el('span', {}, el('strong', {}, capital(button.getAttribute('aria-label') ?? '')), mine.has(emoji) && el('br'), mine.has(emoji) && el('span', { class: 'quiet' }, say('picker.yours')))] : []));
    if (focus) button?.focus();
  }

  /** @param {string} id @param {string} title @param {import('./emoji.js').Emoji[]} all */
  const section = (id, title, all) => [el('h3', { id: `em-${id}` }, title), el('ul', { class: 'emoji__grid', role: 'list', 'aria-labelledby': `em-${id}` }, ...all.map(({ emoji, name }) => el('li', {},
    el('button', { type: 'button', 'aria-label': name, 'aria-pressed': mine.has(emoji) ? 'true' : null, tabindex: '-1', dataset: { emoji } }, emoji))))];

  function draw() {
    const asked = search.value.trim();
    const found = asked ? findEmoji(asked) : [];
    groups.hidden = Boolean(asked);
    if (asked && !found.length) {
      scroll.replaceChildren(el('div', { class: 'empty', role: 'status' }, el('h3', {}, say('picker.none', { asked })), el('p', {}, say('picker.try-plain'))));
      foot.replaceChildren();
      return;
    }
    scroll.replaceChildren(...(asked ? section('found', say('picker.found'), found) : [...section('recent', say('picker.recent'), recentEmoji()), ...GROUPS.flatMap(({ id, name, all }) => section(id, name, all))]));
    scroll.scrollTop = 0;
    stand(buttons()[0], false);
    mark('recent');
  }

  /** @param {string} id */
  function mark(id) {
    for (const [name, link] of links) {
      if (name === id) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  /** @param {string} id */
  function goTo(id) {
    const heading = /** @type {HTMLElement} */ (scroll.querySelector(`#em-${id}`));
    scroll.scrollTop = heading.offsetTop - scroll.offsetTop;
    mark(id);
    stand(/** @type {any} */ (heading.nextElementSibling?.querySelector('button')), true);
  }

  /** The one in the next row, nearest to this column. @param {HTMLElement[]} all @param {number} now @param {1 | -1} step */
  function vertical(all, now, step) {
    const here = all[now].getBoundingClientRect();
    const rows = all.filter((one) => (one.getBoundingClientRect().top - here.top) * step > here.height / 2);
    const next = step > 0 ? rows[0] : rows.at(-1);
    if (!next) return undefined;
    const top = next.getBoundingClientRect().top;
    return rows.filter((one) => Math.abs(one.getBoundingClientRect().top - top) < 4)
      .sort((a, b) => Math.abs(a.getBoundingClientRect().left - here.left) - Math.abs(b.getBoundingClientRect().left - here.left))[0];
  }

  search.addEventListener('input', draw);
  search.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      stand(buttons().find((one) => one.tabIndex === 0) ?? buttons()[0], true);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (search.value.trim()) buttons()[0]?.click();
    }
  });
  scroll.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    const all = buttons();
    const now = all.indexOf(/** @type {HTMLElement} */ (event.target));
    if (now < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowRight: all[now + 1], ArrowLeft: all[now - 1], ArrowDown: vertical(all, now, 1), ArrowUp: vertical(all, now, -1), Home: all[0], End: all.at(-1) };
    if (event.key in moves) {
      event.preventDefault();
      const next = moves[/** @type {keyof moves} */ (event.key)];
      if (next) stand(next, true);
      else if (event.key === 'ArrowUp') search.focus();
    } else if (event.key.length === 1 && event.key !== ' ') {
      event.preventDefault();
      search.value += event.key;
      search.focus();
      draw();
    }
  });
  scroll.addEventListener('pointermove', (/** @type {Event} */ event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button');
    if (button && !button.classList.contains('is-at')) stand(button, false);
  });
  scroll.addEventListener('focusin', (/** @type {Event} */ event) => stand(/** @type {HTMLElement} */ (event.target).closest('button') ?? undefined, false));
  scroll.addEventListener('click', (/** @type {Event} */ event) => {
    const emoji = /** @type {HTMLElement} */ (event.target).closest('button')?.dataset.emoji;
    if (!emoji) return;
    chosen(emoji);
    close();
    onChoose(emoji);
  });
  draw();
  const close = openLayer(panel, { host, at, back, onClose });
  search.focus();
  return close;
}

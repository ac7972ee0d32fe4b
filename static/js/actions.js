// What can be done to a message: a toolbar that stands at the one under the pointer or with focus, a menu, on a
// phone a sheet, and keys. What is not allowed keeps its place and says why.

import { copied } from './copy.js';
import { announce, el, icon } from './dom.js';
import { QUICK, chosen, nameOfEmoji } from './emoji.js';
import { closeLayer, openLayer, rove } from './layer.js';
import { lettersOn } from './letters.js';
import { may } from './messages.js';
import { openPicker } from './picker.js';
import { whoReacted } from './reactors.js';
import { mutedWords } from './standing.js';
import { onTouch } from './touch.js';
import { undo } from './undo.js';
import { say } from './words.js';

/**
 * @typedef {import('./messages.js').Message & {seq: number}} Shown
 * @typedef {object} Needs
 * @property {import('./rooms.js').Rooms} rooms
 * @property {string} id
 * @property {HTMLElement} root where menus stand
 * @property {HTMLElement} scroller
 * @property {HTMLElement} list
 * @property {AbortSignal} signal
 * @property {(seq: number) => Shown | null} find a message as it is shown now
 * @property {(seq: number) => HTMLElement | null} rowOf
 * @property {(row: HTMLElement) => void} makeCurrent the row that is a stop of Tab
 * @property {() => HTMLElement | null} current
 * @property {(message: Shown) => void} reply
 * @property {(message: Shown) => void} edit
 */

export class Actions {
  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    const { list, scroller, signal } = needs;
    this.tools = el('div', { class: 'msg-tools', role: 'toolbar' });
    this.tools.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#toolKey(event));
    list.addEventListener('pointerover', (event) => {
      if (event.pointerType === 'mouse') this.#stand(this.#rowAt(event));
    }, { signal });
    list.addEventListener('focusin', (event) => {
      const row = this.#rowAt(event);
      if (row) needs.makeCurrent(row);
      this.#stand(row);
    }, { signal });
    scroller.addEventListener('keydown', (event) => this.#key(event), { signal });
    onTouch(list, { press: (row) => this.#openMenu(row, row.getBoundingClientRect(), row), swipe: (row) => this.do('reply', Number(row.dataset.seq)) }, signal);
    signal.addEventListener('abort', () => closeLayer());
  }

  /** @param {Event} event @returns {HTMLElement | null} */
  #rowAt(event) {
    return /** @type {HTMLElement} */ (event.target).closest('.msg[data-seq]');
  }

  /** @param {import('./messages.js').Message} message */
  allowed(message) {
    const conversation = /** @type {import('./rooms.js').Conversation} */ (this.needs.rooms.all.get(this.needs.id));
    return may(conversation, this.needs.rooms.me.id, message, mutedWords(conversation));
  }

  /** Does one of the things, or says why not. @param {'reply' | 'react' | 'edit' | 'erase' | 'copy'} what @param {number} seq */
  do(what, seq) {
    const message = this.needs.find(seq);
    if (!message) return;
    const refused = this.allowed(message)[what];
    const row = this.needs.rowOf(seq);
    if (refused) announce(refused);
    else if (what === 'reply') this.needs.reply(message);
    else if (what === 'edit') this.needs.edit(message);
    else if (what === 'react' && row) this.pick(seq, (this.#shows(row) ? this.tools : row.querySelector('.bubble') ?? row).getBoundingClientRect());
    else if (what === 'copy') this.#copy(message.body ?? '');
    else if (what === 'erase') {
      undo.erase(this.needs.rooms.deeds, this.needs.id, seq);
      this.needs.rowOf(seq)?.focus({ preventScroll: true });
    }
  }

  /** @param {string} text */
  async #copy(text) {
    announce(say((await copied(text)) ? 'actions.copied' : 'actions.not-copied'));
  }

  /** Chooses a reaction for a message. @param {number} seq @param {DOMRect} at */
  pick(seq, at) {
    const message = this.needs.find(seq);
    if (!message) return;
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    const onClose = this.#holdTools(seq);
    const mine = new Set((message.reactions ?? []).filter((one) => one.mine).map((one) => one.emoji));
    openPicker({ purpose: 'react', host: this.needs.root, at, mine, onClose, back: () => (opener?.isConnected && opener.closest('.msg') ? opener : this.needs.rowOf(seq)), onChoose: (emoji) => this.react(seq, emoji, !mine.has(emoji)) });
  }

  /** @param {number} seq @param {string} emoji @param {boolean} on */
  react(seq, emoji, on) {
    this.needs.rooms.deeds.react(this.needs.id, seq, emoji, on);
  }

  /** @param {Shown} message */
  #who(message) {
    const { rooms, id } = this.needs;
    whoReacted(id, message, rooms.me.id, (items) => rooms.reactors(id, message.seq, items));
  }

  /** The toolbar stays in sight while something that it opened has focus. @param {number} seq */
  #holdTools(seq) {
    const row = this.needs.rowOf(seq);
    closeLayer();
    if (row) row.dataset.open = '';
    return () => {
      if (row) delete row.dataset.open;
    };
  }

  /** @param {HTMLElement} row */
  #shows(row) {
    return this.tools.parentElement?.parentElement === row && this.tools.offsetParent !== null;
  }

  /** The toolbar comes to this message. @param {HTMLElement | null} row */
  #stand(row) {
    const body = row?.querySelector(':scope > .msg__body');
    const message = row && this.needs.find(Number(row.dataset.seq));
    if (!body || !message || (this.tools.parentElement === body && this.tools.dataset.seq === row.dataset.seq) || this.tools.contains(document.activeElement)) return;
    this.#draw(message);
    body.append(this.tools);
  }

  /** A row was drawn anew; the toolbar stays with it. @param {HTMLElement} row @param {boolean} had */
  redrawn(row, had) {
    const message = this.needs.find(Number(row.dataset.seq));
    const body = row.querySelector(':scope > .msg__body');
    if (!had || !message || !body) return;
    this.#draw(message);
    body.append(this.tools);
  }

  /** @param {Shown} message */
  #draw(message) {
    const allowed = this.allowed(message);
    const own = message.author.id === this.needs.rooms.me.id;
    const { seq } = message;
    const focused = /** @type {HTMLElement | null} */ (this.tools.contains(document.activeElement) ? document.activeElement : null)?.dataset.key;
    /** @param {string} name @param {string} sign @param {string | null} refused @param {(event: any) => void} onclick @param {any} [more] */
    const tool = (name, sign, refused, onclick, more = {}) => el('button', { class: 'icon-btn icon-btn--sm', type: 'button', tabindex: '-1', 'aria-label': refused ? `${name}. ${refused}` : name, title: refused ?? name,
      'aria-disabled': refused ? 'true' : null, dataset: { key: `tool ${sign}` }, onclick, ...more }, icon(sign));
    const all = [
      tool(say('actions.react'), 'smile', allowed.react, () => this.do('react', seq), { 'aria-haspopup': 'dialog' }),
      tool(say('actions.reply'), 'reply', allowed.reply, () => this.do('reply', seq)),
      own && tool(say('actions.edit'), 'edit', allowed.edit, () => this.do('edit', seq)),
      tool(say('actions.more'), 'more', null, (event) => {
        const row = this.needs.rowOf(seq);
        if (row) this.#openMenu(row, event.currentTarget.getBoundingClientRect(), event.currentTarget);
      }, { 'aria-haspopup': 'menu' }),
    ].filter(Boolean);
    all[0].tabIndex = 0;
    this.tools.dataset.seq = String(seq);
    this.tools.setAttribute('aria-label', own ? say('actions.tools-own') : say('actions.tools', { name: message.author.name }));
    this.tools.replaceChildren(...all);
    if (focused) all.find((one) => one.dataset.key === focused)?.focus({ preventScroll: true });
  }

  /** @param {KeyboardEvent} event */
  #toolKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    rove([...this.tools.querySelectorAll('button')], document.dir === 'rtl' ? -step : step);
  }

  /** @param {HTMLElement} row @param {DOMRect} at @param {HTMLElement} opener */
  #openMenu(row, at, opener) {
    const seq = Number(row.dataset.seq);
    const message = this.needs.find(seq);
    if (!message || message.body === undefined) return;
    const allowed = this.allowed(message);
    const own = message.author.id === this.needs.rooms.me.id;
    const mine = new Set((message.reactions ?? []).filter((one) => one.mine).map((one) => one.emoji));
    /** @param {() => void} work */
    const closing = (work) => () => {
      close();
      work();
    };
    /** @param {string} name @param {string} sign @param {string} key @param {'reply' | 'edit' | 'copy' | 'erase'} what */
    const item = (name, sign, key, what) => el('button', { class: `menu__item${what === 'erase' ? ' menu__item--bad' : ''}`, role: 'menuitem', type: 'button', tabindex: '-1', 'aria-disabled': allowed[what] ? 'true' : null,
      'aria-keyshortcuts': lettersOn() ? key : null, onclick: () => allowed[what] || closing(() => this.do(what, seq))() }, icon(sign), el('span', {}, name, allowed[what] && el('span', { class: 'menu__why' }, allowed[what])), ' ', lettersOn() && el('kbd', { class: 'key', 'aria-hidden': 'true' }, key === 'Delete' ? say('actions.del') : key));
    const quick = QUICK.map((emoji) => el('button', { type: 'button', role: 'menuitemcheckbox', 'aria-checked': String(mine.has(emoji)), 'aria-label': nameOfEmoji(emoji), tabindex: '-1', onclick: closing(() => {
      chosen(emoji);
      this.react(seq, emoji, !mine.has(emoji));
    }) }, emoji));
    const menu = el('div', { class: 'menu', role: 'menu', 'aria-label': own ? say('actions.tools-own') : say('actions.tools', { name: message.author.name }) },
      !allowed.react && el('div', { class: 'menu__quick', role: 'group', 'aria-label': say('actions.quick') }, ...quick,
        el('button', { type: 'button', role: 'menuitem', 'aria-label': say('actions.more-emoji'), tabindex: '-1', onclick: closing(() => this.pick(seq, at)) }, icon('plus'))),
      item(say('actions.reply'), 'reply', 'R', 'reply'), own && item(say('actions.edit'), 'edit', 'E', 'edit'), item(say('actions.copy'), 'copy', 'C', 'copy'),
      message.reactions?.length ? el('button', { class: 'menu__item', role: 'menuitem', type: 'button', tabindex: '-1', onclick: closing(() => this.#who(message)) }, icon('people'), el('span', {}, say('actions.who'))) : null,
      el('hr', { role: 'separator' }), item(say('actions.erase'), 'trash', 'Delete', 'erase'));
    const items = () => /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('button')]);
    menu.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowDown: 1, ArrowUp: -1, ArrowRight: 1, ArrowLeft: -1 }[event.key];
      const end = { Home: 0, End: items().length - 1 }[event.key];
      if (step === undefined && end === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      if (end !== undefined) items()[end].focus();
      else rove(items(), this.#menuStep(items(), event.key, step ?? 1));
    });
    const close = openLayer(menu, { host: this.needs.root, at, onClose: this.#holdTools(seq), back: () => (opener.isConnected ? opener : this.needs.rowOf(seq)) });
    const first = items().find((one) => one.classList.contains('menu__item')) ?? items()[0];
    first.tabIndex = 0;
    first.focus();
  }

  /** The reactions lie in one line: up and down leave it at once. @param {HTMLElement[]} items @param {string} key @param {number} step */
  #menuStep(items, key, step) {
    const quick = items.filter((one) => !one.classList.contains('menu__item')).length;
    const now = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    if (key === 'ArrowDown' && now < quick) return quick - now;
    if (key === 'ArrowUp' && now < quick) return -now - 1;
    if (key === 'ArrowUp' && now === quick && quick) return -quick;
    return step;
  }

  /** Keys while a message or the list of them has focus. @param {KeyboardEvent} event */
  #key(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest('input, textarea, [role="menu"]')) return;
    const rows = /** @type {HTMLElement[]} */ ([...this.needs.list.querySelectorAll('.msg[data-seq]')]);
    const row = /** @type {HTMLElement | null} */ (target.closest('.msg[data-seq]'));
    const now = row ? rows.indexOf(row) : -1;
    const to = { ArrowUp: row ? now - 1 : this.#inSight(rows), ArrowDown: row ? now + 1 : this.#inSight(rows), Home: row ? 0 : -1, End: row ? rows.length - 1 : -1 }[event.key];
    if (to !== undefined) {
      const next = rows[to];
      if (!next) return;
      event.preventDefault();
      next.focus({ preventScroll: true });
      next.scrollIntoView({ block: 'nearest' });
      return;
    }
    if (!row) return;
    const what = /** @type {Record<string, 'reply' | 'react' | 'edit' | 'erase' | 'copy'>} */ ({ r: 'reply', '+': 'react', e: 'edit', c: 'copy', Delete: 'erase' })[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const onButton = target.closest('button, a');
    if (what && (event.key === 'Delete' || lettersOn())) {
      event.preventDefault();
      this.do(what, Number(row.dataset.seq));
    } else if (event.key === 'Enter' && !onButton && !event.shiftKey) {
      event.preventDefault();
      this.#openMenu(row, (row.querySelector('.bubble') ?? row).getBoundingClientRect(), row);
    }
  }

  /** The last message in sight. @param {HTMLElement[]} rows */
  #inSight(rows) {
    const { bottom } = this.needs.scroller.getBoundingClientRect();
    return rows.findLastIndex((row) => row.getBoundingClientRect().top < bottom - 8);
  }
}

// What tells of unread messages outside the page: the icon in the tab, and notifications for those who want them.

import { el, icon } from './dom.js';
import { nameOf } from './rooms.js';
import { say, sayBy } from './words.js';

const GATHER_MS = 1_000;
const MOST_CHARACTERS = 140;
const SIDE = 64;

/** The icon in the tab: with a dot while something is unread. */
export class TabIcon {
  constructor() {
    this.link = /** @type {HTMLLinkElement} */ (document.querySelector('link[rel="icon"]'));
    this.plain = this.link.getAttribute('href') ?? '/logo.svg';
    this.shown = false;
    /** @type {Promise<string> | null} */
    this.dotted = null;
  }

  /** @param {number} unread */
  async show(unread) {
    const wanted = unread > 0;
    /** @type {any} */ (navigator).setAppBadge?.(unread).catch(() => {});
    if (wanted === this.shown) return;
    this.shown = wanted;
    const href = wanted ? await (this.dotted ??= this.#draw()) : this.plain;
    if (this.shown !== wanted) return;
    this.link.type = wanted && href !== this.plain ? 'image/png' : 'image/svg+xml';
    this.link.setAttribute('href', href);
  }

  async #draw() {
    const logo = new Image();
    logo.src = this.plain;
    try {
      await logo.decode();
    } catch {
      return this.plain;
    }
    const canvas = el('canvas', { width: SIDE, height: SIDE });
    const ink = canvas.getContext('2d');
    ink.drawImage(logo, 0, 0, SIDE, SIDE);
    const style = getComputedStyle(document.body);
    ink.fillStyle = style.getPropertyValue('--on-solid') || 'white';
    ink.beginPath();
    ink.arc(SIDE * 0.72, SIDE * 0.72, SIDE * 0.28, 0, Math.PI * 2);
    ink.fill();
    ink.fillStyle = getComputedStyle(this.#probe()).backgroundColor;
    this.probe?.remove();
    ink.beginPath();
    ink.arc(SIDE * 0.72, SIDE * 0.72, SIDE * 0.22, 0, Math.PI * 2);
    ink.fill();
    return canvas.toDataURL('image/png');
  }

  /** A badge of the page, to take its colour from. */
  #probe() {
    this.probe = el('span', { class: 'unread', hidden: true });
    document.body.append(this.probe);
    return this.probe;
  }
}

/** Notifications: asked for by a button alone, and none while the page is in front. */
export class Notices {
  /** @param {import('./rooms.js').Rooms} rooms @param {(id: string) => void} onOpen */
  constructor(rooms, onOpen) {
    this.rooms = rooms;
    this.onOpen = onOpen;
    this.key = `allthrive.notices.${rooms.me.id}`;
    /** @type {Map<string, import('./rooms.js').Message[]>} */
    this.heard = new Map();
    /** @type {Map<string, Notification>} */
    this.shown = new Map();
    rooms.addEventListener('message', (event) => this.#hear(/** @type {CustomEvent} */ (event).detail));
    rooms.addEventListener('list', () => this.#tidy());
  }

  /** @returns {'on' | 'off' | 'blocked' | 'unsupported'} */
  get state() {
    if (!('Notification' in window) || !window.isSecureContext) return 'unsupported';
    if (Notification.permission === 'denied') return 'blocked';
    return Notification.permission === 'granted' && localStorage.getItem(this.key) === 'on' ? 'on' : 'off';
  }

  /** The part of a dialog that turns them on and off. */
  part() {
    const said = el('p', { class: 'small quiet row-note', role: 'status' });
    const button = el('button', { class: 'row-link', type: 'button' });
    const draw = () => {
      const { state } = this;
      said.textContent = sayBy(`notice.${state}`);
      button.hidden = state === 'blocked' || state === 'unsupported';
      button.replaceChildren(icon(state === 'on' ? 'bell-off' : 'bell', 'icon icon--sm'), el('span', { class: 'grow' }, state === 'on' ? say('notice.turn-off') : say('notice.turn-on')));
    };
    button.addEventListener('click', async () => {
      if (this.state === 'on') localStorage.removeItem(this.key);
      else if (await Notification.requestPermission() === 'granted') localStorage.setItem(this.key, 'on');
      draw();
    });
    draw();
    return el('div', {}, button, said);
  }

  /** @param {{conversation: import('./rooms.js').Conversation, message: import('./rooms.js').Message}} detail */
  #hear({ conversation, message }) {
    // What came in before one's eyes is known, however soon after it one looks away.
    if (this.state !== 'on' || this.#isInFront()) return;
    if (!this.heard.size) window.setTimeout(() => this.#tell(), GATHER_MS);
    this.heard.set(conversation.id, [...(this.heard.get(conversation.id) ?? []), message]);
  }

  #isInFront() {
    return document.visibilityState === 'visible' && document.hasFocus();
  }

  #tell() {
    const inFront = this.#isInFront();
    for (const [id, messages] of this.heard) {
      const conversation = this.rooms.all.get(id);
      // Read meanwhile, here or elsewhere, is not told.
      if (!inFront && conversation?.unread) this.#show(conversation, messages);
    }
    this.heard.clear();
  }

  /** @param {import('./rooms.js').Conversation} conversation @param {import('./rooms.js').Message[]} messages */
  #show(conversation, messages) {
    const { id, kind } = conversation;
    const last = messages[messages.length - 1];
    const text = (last.body ?? '').slice(0, MOST_CHARACTERS);
    const body = messages.length > 1 ? say('rows.new', { n: messages.length }) : kind === 'direct' ? text : `${last.author.name}: ${text}`;
    try {
      const notice = new Notification(nameOf(conversation), { body, tag: id, icon: '/logo.svg' });
      notice.addEventListener('click', () => {
        window.focus();
        this.onOpen(id);
        notice.close();
      });
      this.shown.set(id, notice);
    } catch {
      // A phone may have them for installed pages alone.
    }
  }

  /** What is read needs no notification any more. */
  #tidy() {
    for (const [id, notice] of this.shown) {
      if (this.rooms.all.get(id)?.unread) continue;
      notice.close();
      this.shown.delete(id);
    }
  }
}

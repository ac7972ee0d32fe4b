// What the connection is like, in words: a banner after two seconds without one, and when it is back.

import { announceInstead, byId, el, icon } from './dom.js';
import { nameOf } from './rooms.js';
import { goSignIn } from './session.js';
import { say } from './words.js';

const GRACE_MS = 2_000;
const BACK_MS = 4_000;
/** What was missed may come right behind the greeting; so long it is waited for. */
const BEHIND_MS = 1_500;

/** @typedef {import('./client.js').Client} Client */

export class Banner {
  /** @param {Client} client @param {import('./rooms.js').Rooms} rooms */
  constructor(client, rooms) {
    this.client = client;
    this.rooms = rooms;
    /** How many messages of others came in while it caught up, by conversation. @type {Map<string, number>} */
    this.missed = new Map();
    rooms.addEventListener('message', (event) => {
      const { id } = /** @type {CustomEvent} */ (event).detail.conversation;
      if (this.offline) this.missed.set(id, (this.missed.get(id) ?? 0) + 1);
    });
    /** Up to where each room had got when the server greeted us. @type {[string, number][]} */
    this.due = [];
    this.dueTimer = 0;
    client.addEventListener('welcome', (event) => {
      const { rooms: lines } = /** @type {CustomEvent} */ (event).detail;
      this.due = lines.filter((/** @type {any} */ { state }) => state !== 'gone').map((/** @type {any} */ { room, top }) => [room, top]);
    });
    client.addEventListener('event', () => this.dueTimer && this.#hasAll() && this.#goOnline());
    this.node = byId('banner');
    this.offline = false;
    /** While the timer is the one that takes the return's banner away. */
    this.isBack = false;
    this.timer = 0;
    client.addEventListener('state', () => this.#changed());
    // Counting from the start: a page that never gets a connection says so as well.
    this.timer = window.setTimeout(() => this.#goOffline(), GRACE_MS);
    window.setInterval(() => this.#countDown(), 500);
  }

  #changed() {
    const { state } = this.client;
    window.clearTimeout(this.dueTimer);
    this.dueTimer = 0;
    if (state === 'live' && this.offline && !this.#hasAll()) this.dueTimer = window.setTimeout(() => this.#goOnline(), BEHIND_MS);
    else if (state === 'live') this.#goOnline();
    else if (state === 'signed_out') this.#showSignedOut();
    else if (state === 'stopped') this.#showStopped();
    else if (state !== 'catching_up' && (!this.timer || this.isBack) && !this.offline) {
      // Lost again while the last return was still being told: that is old news.
      this.#calm();
      this.timer = window.setTimeout(() => this.#goOffline(), GRACE_MS);
    }
    this.#countDown();
  }

  #calm() {
    window.clearTimeout(this.timer);
    this.timer = 0;
    if (this.isBack) this.node.hidden = true;
    this.isBack = false;
  }

  /** @param {string} kind @param {string} sign @param {...any} parts */
  #show(kind, sign, ...parts) {
    this.node.className = `banner ${kind}`;
    this.node.replaceChildren(icon(sign), ...parts);
    this.node.hidden = false;
  }

  /** @param {boolean} offline */
  #mark(offline) {
    this.offline = offline;
    document.body.dataset.net = offline ? 'offline' : 'online';
    this.client.dispatchEvent(new CustomEvent('net'));
  }

  #goOffline() {
    this.timer = 0;
    if (['live', 'signed_out', 'stopped'].includes(this.client.state)) return;
    this.#mark(true);
    this.next = el('span', { class: 'num small' });
    this.#show('', 'offline', el('span', { class: 'grow' }, el('strong', {}, say('banner.offline')), ` ${say('banner.offline-more')}`),
      this.next, el('button', { class: 'btn btn--sm', type: 'button', onclick: () => this.client.tryNow() }, say('thread.try-now')));
    this.#countDown();
    announceInstead(`${say('banner.offline')} ${say('banner.offline-more')}`);
  }

  /** Whether everything that the server had when it greeted us is here. */
  #hasAll() {
    return this.due.every(([room, top]) => (this.client.places.all.get(room)?.cursor ?? top) >= top);
  }

  #goOnline() {
    window.clearTimeout(this.dueTimer);
    this.dueTimer = 0;
    this.#calm();
    if (this.offline) {
      this.#mark(false);
      const what = this.#whatWasMissed();
      this.#show('banner--good', 'check', el('span', { class: 'grow' }, el('strong', {}, say('banner.back')), ` ${what}`));
      announceInstead(`${say('banner.back')} ${what}`);
      this.isBack = true;
      this.timer = window.setTimeout(() => this.#calm(), BACK_MS);
    }
  }

  /** "12 new messages in 3 chats.", or that there is nothing. */
  #whatWasMissed() {
    const chats = [...this.missed];
    this.missed.clear();
    if (!chats.length) return say('banner.up-to-date');
    const n = chats.reduce((sum, [, count]) => sum + count, 0);
    const only = chats.length === 1 ? this.rooms.all.get(chats[0][0]) : undefined;
    if (only) return say(only.with ? 'banner.missed-from' : 'banner.missed-in', { n, name: nameOf(only) });
    return say('banner.missed', { n, chats: say('banner.chats', { n: chats.length }) });
  }

  #countDown() {
    if (!this.offline || !this.next?.isConnected) return;
    const left = Math.ceil((this.client.nextTry - Date.now()) / 1000);
    const words = this.client.state === 'waiting' && left > 0 ? say('banner.next-try', { seconds: left }) : say('banner.trying');
    if (this.next.textContent !== words) this.next.textContent = words;
  }

  #showSignedOut() {
    this.#calm();
    this.#mark(false);
    this.#show('banner--bad', 'alert', el('span', { class: 'grow' }, el('strong', {}, say('banner.signed-out')), ` ${say('banner.signed-out-more')}`),
      el('button', { class: 'btn btn--sm', type: 'button', onclick: goSignIn }, say('sign-in')));
    announceInstead(`${say('banner.signed-out')} ${say('banner.signed-out-more')}`);
  }

  #showStopped() {
    this.#calm();
    this.#mark(false);
    const why = this.client.reason || say('banner.stopped');
    this.#show('banner--bad', 'alert', el('span', { class: 'grow' }, el('strong', {}, say('banner.disconnected')), ` ${say('banner.kept', { why })}`),
      el('button', { class: 'btn btn--sm', type: 'button', onclick: () => location.reload() }, say('banner.reload')));
  }
}

// What the connection is like, in words: a banner after two seconds without one, and when it is back.

import { announceInstead, byId, el, icon } from './dom.js';
import { goSignIn } from './session.js';

const GRACE_MS = 2_000;
const BACK_MS = 4_000;

/** @typedef {import('./client.js').Client} Client */

export class Banner {
  /** @param {Client} client */
  constructor(client) {
    this.client = client;
    this.node = byId('banner');
    this.offline = false;
    this.timer = 0;
    client.addEventListener('state', () => this.#changed());
    // Counting from the start: a page that never gets a connection says so as well.
    this.timer = window.setTimeout(() => this.#goOffline(), GRACE_MS);
    window.setInterval(() => this.#countDown(), 500);
  }

  #changed() {
    const { state } = this.client;
    if (state === 'live') this.#goOnline();
    else if (state === 'signed_out') this.#showSignedOut();
    else if (state === 'stopped') this.#showStopped();
    else if (state !== 'catching_up' && !this.timer && !this.offline) this.timer = window.setTimeout(() => this.#goOffline(), GRACE_MS);
    this.#countDown();
  }

  #calm() {
    window.clearTimeout(this.timer);
    this.timer = 0;
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
    this.#show('', 'offline', el('span', { class: 'grow' }, el('strong', {}, 'You are offline.'), ' What you write waits here and goes out when you are back.'),
      this.next, el('button', { class: 'btn btn--sm', type: 'button', onclick: () => this.client.tryNow() }, 'Try now'));
    this.#countDown();
    announceInstead('You are offline. What you write waits here and goes out when you are back.');
  }

  #goOnline() {
    this.#calm();
    if (this.offline) {
      this.#mark(false);
      this.#show('banner--good', 'check', el('span', { class: 'grow' }, el('strong', {}, 'Back online.'), ' Everything is up to date.'));
      announceInstead('Back online. Everything is up to date.');
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.node.hidden = true;
      }, BACK_MS);
    }
  }

  #countDown() {
    if (!this.offline || !this.next?.isConnected) return;
    const left = Math.ceil((this.client.nextTry - Date.now()) / 1000);
    const words = this.client.state === 'waiting' && left > 0 ? `Next try in ${left} s` : 'Trying…';
    if (this.next.textContent !== words) this.next.textContent = words;
  }

  #showSignedOut() {
    this.#calm();
    this.#mark(false);
    this.#show('banner--bad', 'alert', el('span', { class: 'grow' }, el('strong', {}, 'You were signed out.'), ' Sign in again to go on, your drafts are kept.'),
      el('button', { class: 'btn btn--sm', type: 'button', onclick: goSignIn }, 'Sign in'));
    announceInstead('You were signed out. Sign in again to go on, your drafts are kept.');
  }

  #showStopped() {
    this.#calm();
    this.#mark(false);
    const why = this.client.reason || 'The server asked this page to stop.';
    this.#show('banner--bad', 'alert', el('span', { class: 'grow' }, el('strong', {}, 'Disconnected.'), ` ${why} What you wrote is kept.`),
      el('button', { class: 'btn btn--sm', type: 'button', onclick: () => location.reload() }, 'Load the page again'));
  }
}

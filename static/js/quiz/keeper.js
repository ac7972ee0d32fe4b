// What keeps a draft: a second after the last key it is sent, one write at a time, each replacing the revision before.
// Until it is kept it also stays in this browser, so that a closed tab or a lost line loses nothing.

import { Refused } from '../session.js';
import { replace } from './api.js';

const AFTER_MS = 1000;
const AGAIN_MS = 3000;

/** @typedef {'saved' | 'waiting' | 'saving' | 'failed' | 'refused' | 'conflict'} KeepState */

const place = (/** @type {string} */ id) => `allthrive.quiz.${id}`;

/** @param {string} id @param {{rev: number, quiz: any}} what */
function setAside(id, what) {
  try {
    localStorage.setItem(place(id), JSON.stringify(what));
  } catch {
    // No storage, or no room: the server has what was sent.
  }
}

/** @param {string} id */
export const forgetAside = (id) => localStorage.removeItem(place(id));

/** What was typed here and never kept. @param {string} id @returns {{rev: number, quiz: any} | null} */
export function asideOf(id) {
  try {
    return JSON.parse(localStorage.getItem(place(id)) ?? 'null');
  } catch {
    return null;
  }
}

export class Keeper {
  /** @param {string} id @param {number} rev @param {() => any} quiz what is to be kept now @param {(state: KeepState, answer?: any) => void} told with what the server said */
  constructor(id, rev, quiz, told) {
    this.id = id;
    this.rev = rev;
    this.quiz = quiz;
    this.told = told;
    /** @type {KeepState} */
    this.state = 'saved';
    this.timer = 0;
    this.changes = 0;
    this.kept = 0;
    window.addEventListener('beforeunload', (event) => this.kept < this.changes && event.preventDefault());
    window.addEventListener('online', () => this.state === 'failed' && this.now());
  }

  /** Something has changed. */
  changed() {
    this.changes += 1;
    setAside(this.id, { rev: this.rev, quiz: this.quiz() });
    if (this.state === 'conflict') return;
    if (this.state !== 'saving') this.#be('waiting');
    this.#after(AFTER_MS);
  }

  /** Keeps what there is, at once; resolves when it is kept, or not. */
  async now() {
    globalThis.clearTimeout(this.timer);
    if (this.writing) await this.writing;
    if (this.kept < this.changes && this.state !== 'conflict') {
      this.writing = this.#write();
      await this.writing;
    }
    return this.kept === this.changes;
  }

  /** @param {number} ms */
  #after(ms) {
    globalThis.clearTimeout(this.timer);
    this.timer = globalThis.setTimeout(() => void this.now(), ms);
  }

  async #write() {
    const upTo = this.changes;
    this.#be('saving');
    try {
      const head = await replace(this.id, this.rev, this.quiz());
      this.rev = head.rev;
      this.kept = upTo;
      if (this.changes === upTo) forgetAside(this.id);
      this.#be(this.changes === upTo ? 'saved' : 'waiting', head);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status === 409) this.#be('conflict', error);
      else if (error.status === 422 || error.status === 413 || error.status === 404) {
        // Nothing is kept of it until it is changed.
        this.#be('refused', error);
      } else {
        this.#be('failed', error);
        this.#after((error.afterSeconds ?? 0) * 1000 || AGAIN_MS);
      }
    }
    this.writing = undefined;
  }

  /** @param {KeepState} state @param {any} [answer] */
  #be(state, answer) {
    this.state = state;
    this.told(state, answer);
  }
}

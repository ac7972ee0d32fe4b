// An answer on its way: it is kept in this browser until the server has said what became of it, and goes out again by
// itself after a lost connection or a reload, under the same mark.

import { uuid } from '../uuid.js';
import { keepSeat, seatOf } from './seat.js';

/** @typedef {import('./game.js').Given} Given */

const AGAIN_MS = 500;

export class Answering {
  /** @param {import('./game.js').Game} game @param {(status: string) => void} told what became of an answer that does not count */
  constructor(game, told) {
    this.game = game;
    this.told = told;
    /** What the form holds and was not sent. @type {any} */
    this.draft = seatOf(game.room).draft ?? null;
    game.addEventListener('in', () => void this.#send());
  }

  /** The answer that waits for its acknowledgement, of the question that is shown. */
  get unsent() {
    const { unsent } = seatOf(this.game.room);
    const head = this.game.view?.d?.head;
    return unsent && head && unsent.q === head.q && unsent.round === head.round ? unsent : null;
  }

  /** What the form held for this question. */
  get kept() {
    const head = this.game.view?.d?.head;
    return this.draft && head && this.draft.q === head.q && this.draft.round === head.round ? this.draft.value : undefined;
  }

  /** @param {any} value what the form holds */
  keep(value) {
    const { q, round } = this.game.view?.d?.head ?? {};
    this.draft = { q, round, value };
    keepSeat(this.game.room, { draft: this.draft });
  }

  /** @param {Given} choice */
  answer(choice) {
    const { q, round } = this.game.view?.d?.head ?? {};
    keepSeat(this.game.room, { unsent: { q, round, cmid: uuid(), choice } });
    this.game.dispatchEvent(new CustomEvent('change', { detail: { passing: false } }));
    void this.#send();
  }

  async #send() {
    const unsent = this.unsent;
    if (!unsent) return;
    try {
      const { q, round, cmid, choice } = unsent;
      const ok = await this.game.client.ask('quiz.answer', this.game.room, { q, round, cmid, choice });
      keepSeat(this.game.room, { unsent: null });
      if (ok.choice && this.game.me && this.#isShown(unsent)) this.game.me = { ...this.game.me, answer: ok.choice };
      if (ok.status !== 'accepted') this.told(ok.status);
    } catch (error) {
      const refusal = /** @type {any} */ (error);
      // Sent again once we are let in again, or after the time that the server said.
      if (refusal.code === 'connection_lost') return;
      if (refusal.retry) {
        globalThis.setTimeout(() => void this.#send(), refusal.afterMs ?? AGAIN_MS);
        return;
      }
      keepSeat(this.game.room, { unsent: null });
      this.told(refusal.code);
    }
    this.game.dispatchEvent(new CustomEvent('change', { detail: { passing: false } }));
  }

  /** @param {{q: number, round: number}} answer */
  #isShown({ q, round }) {
    const head = this.game.view?.d?.head;
    return head?.q === q && head?.round === round;
  }
}

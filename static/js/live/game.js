// One live session as this browser sees it: a connection that stays up, the last view, and what is one's own. Every
// view is whole, so a view that was missed is missed without harm: the next one, or the one that comes with
// `quiz.join`, says everything.

import { Client } from '../client.js';

/**
 * @typedef {{id: number, text: string, image?: {url: string, alt: string}}} Option
 * @typedef {{form: 'one' | 'some' | 'text' | 'number' | 'order' | 'pairs' | 'nothing', options?: Option[], items?: Option[], left?: Option[], right?: Option[], most_chars?: number}} Form
 * @typedef {{options?: number[], text?: string, number?: number, order?: number[], pairs?: [number, number][]}} Given
 * @typedef {{event: string, seq: number, d: any}} View
 * @typedef {'connecting' | 'asking' | 'in' | 'removed' | 'superseded' | 'signed_out' | 'gone'} Stage
 */

/** The last of these counts; a moment later another may. */
const PASSING = new Set(['quiz.count', 'quiz.tally', 'quiz.flags', 'quiz.reactions']);

/**
 * Says `change` when there is something new to show, `in` when it has (again) been let in, `passing` (`detail` is the
 * event) for reactions.
 */
export class Game extends EventTarget {
  /** Which question was shown last, and which time. */
  #at = '';

  /**
   * @param {object} how
   * @param {string} how.room the session
   * @param {() => any} [how.live] what `hello` says of a guest or a screen
   * @param {() => any} how.join what `quiz.join` says
   * @param {{refresh: () => Promise<void>, ticket: () => Promise<string>, expires: () => number}} [how.account] who is signed in here
   */
  constructor({ room, live, join, account }) {
    super();
    this.room = room;
    this.join = join;
    /** @type {Stage} */
    this.stage = 'connecting';
    /** What the server said when it did not let us in. @type {{code: string, message: string} | null} */
    this.refusal = null;
    this.role = '';
    /** @type {View | null} */
    this.view = null;
    /** When the view came, by the page's monotonic clock, milliseconds. */
    this.since = 0;
    /** @type {any} */
    this.me = null;
    /** @type {any} */
    this.own = null;
    /** @type {any} */
    this.place = null;
    /** @type {any} */
    this.count = null;
    /** @type {any} */
    this.tally = null;
    /** How often we were let in. */
    this.times = 0;
    this.client = new Client({ ...(account ?? { ticket: async () => '' }), ...(live ? { live } : {}), subscribe: [] });
    this.client.addEventListener('state', () => this.#moved());
    this.client.addEventListener('welcome', () => void this.enter());
    this.client.addEventListener('event', (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
  }

  start() {
    this.client.start();
  }

  get isOnline() {
    return this.client.state === 'live' || this.client.state === 'catching_up';
  }

  /** What holds beside the phase. */
  get flags() {
    return this.view?.d?.flags ?? {};
  }

  /** Asks to be let in; as somebody new, if `join` says a name. */
  async enter() {
    try {
      this.#take(await this.client.ask('quiz.join', this.room, this.join()));
      this.refusal = null;
      this.times += 1;
      this.#become('in');
      this.dispatchEvent(new Event('in'));
    } catch (error) {
      const refusal = /** @type {any} */ (error);
      if (refusal.code === 'connection_lost') return;
      if (refusal.retry) {
        globalThis.setTimeout(() => void this.enter(), refusal.afterMs ?? 1000);
        return;
      }
      this.refusal = { code: refusal.code, message: refusal.message };
      this.#become(refusal.code === 'not_found' ? 'gone' : 'asking');
    }
  }

  /** Everything anew. */
  async sync() {
    this.#take(await this.client.ask('quiz.sync', this.room));
    this.#changed();
  }

  /** Milliseconds left of what the view counts down; nothing if it counts nothing. */
  left() {
    const d = this.view?.d;
    if (!d) return undefined;
    if (d.flags?.paused) return d.flags.paused.remaining_ms;
    const of = d.closes_in_ms ?? d.opens_in_ms ?? d.starts_in_ms ?? d.goes_on_in_ms;
    return of === undefined ? undefined : Math.max(0, of - (performance.now() - this.since));
  }

  /** @param {any} snapshot */
  #take({ role, seq, event, d, me, own, place }) {
    this.role = role;
    this.#at = '';
    this.me = me ?? null;
    this.own = own ?? null;
    this.place = place ?? null;
    // Who has more time has it on the open question.
    this.#show({ event, seq, d: me?.closes_in_ms === undefined ? d : { ...d, closes_in_ms: me.closes_in_ms } });
  }

  /** @param {View} view */
  #show(view) {
    const { head } = view.d;
    const at = head ? `${head.q} ${head.round}` : this.#at;
    // Another question: what was one's own of the one before is over. A ranking between them has no question.
    if (this.#at && at !== this.#at) {
      this.own = null;
      this.place = null;
      this.tally = null;
      if (this.me) this.me = { ...this.me, answer: undefined, closes_in_ms: undefined };
    }
    this.#at = at;
    this.view = view;
    this.since = performance.now();
  }

  /** @param {any} event */
  #heard(event) {
    if (event.room !== this.room || this.stage !== 'in') return;
    const { event: name, d, seq } = event;
    if (name === 'quiz.superseded') return this.#leave('superseded');
    if (name === 'quiz.kicked') return this.#leave('removed');
    if (name === 'quiz.own') this.own = d;
    else if (name === 'quiz.place') this.place = d;
    else if (name === 'quiz.count') this.count = { ...this.count, ...d };
    else if (name === 'quiz.tally') this.tally = d;
    else if (name === 'quiz.flags' && this.view) this.view = { ...this.view, d: { ...this.view.d, flags: d.flags } };
    else if (seq !== undefined && seq >= (this.view?.seq ?? 0)) this.#show({ event: name, seq, d });
    if (name === 'quiz.reactions') this.dispatchEvent(new CustomEvent('passing', { detail: event }));
    this.#changed(PASSING.has(name));
  }

  /** @param {Stage} stage */
  #leave(stage) {
    this.client.stop();
    this.#become(stage);
  }

  #moved() {
    const { state } = this.client;
    if (state === 'signed_out') this.#become('signed_out');
    // A guest or a screen that was opened elsewhere is told by the close.
    else if (state === 'stopped' && (this.stage === 'in' || this.stage === 'connecting')) this.#become(this.stage === 'in' ? 'superseded' : 'gone');
    this.#changed();
  }

  /** @param {Stage} stage */
  #become(stage) {
    this.stage = stage;
    this.#changed();
  }

  /** @param {boolean} [passing] whether what changed is only a figure */
  #changed(passing = false) {
    this.dispatchEvent(new CustomEvent('change', { detail: { passing } }));
  }
}

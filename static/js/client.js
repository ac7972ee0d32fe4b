// The protocol client: one WebSocket of `allthrive.v1.json` that stays up, and a place in each room
// (places.js has the rule of catching up and what it promises). It needs no framework and no page: in a page of the
// server its cookie is enough, elsewhere `url` and `ticket` say where and who (clients/js is this file for npm).

import { pauseAfter } from './backoff.js';
import { Places } from './places.js';
import { Pulse, SUSPECT_ANSWER_MS } from './pulse.js';
import { CommandError, ended, lost } from './refusal.js';
import { uuid } from './uuid.js';

export { CommandError };

const SUBPROTOCOL = 'allthrive.v1.json';
/** `WebSocket.OPEN`, wherever the socket comes from. */
const OPEN = 1;
const WAKE_ANSWER_MS = 2_500;
const STEADY_MS = 10_000;
const EXPIRY_MARGIN_MS = 30_000;
const AGAIN_MS = 1_000;
/** A write does not wait longer than this for a rule of the room; above is a mute, or slow mode of minutes. */
const LONGEST_WAIT_MS = 60_000;

/**
 * @typedef {{id: string, username: string, name: string}} Person
 * @typedef {{event: string, room?: string, seq?: number, ts?: number, d: any}} WireEvent
 * @typedef {'connecting' | 'catching_up' | 'live' | 'waiting' | 'signed_out' | 'stopped'} State
 */

/** @returns {string} where a page of the server finds its socket */
function ownSocket() {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/ws`;
}

/**
 * Events: `state` (see {@link State}, in `detail.state`), `event` (`detail` is the {@link WireEvent}),
 * `reset` (`detail.room`, `detail.snapshot`), `gone` (`detail.room`), `welcome` (`detail` is the welcome).
 */
export class Client extends EventTarget {
  /**
   * @param {object} needs
   * @param {() => Promise<void>} [needs.refresh] renews the cookie; throws an error with `status` 401 when the sign-in has ended
   * @param {() => Promise<string>} needs.ticket a fresh ticket; throws an error with `status` 401 when the sign-in has ended
   * @param {() => number} [needs.expires] when the cookie ends, unix milliseconds
   * @param {string} [needs.url] the socket's address, as in `wss://chat.example.org/v1/ws`; then each connection shows a ticket
   * @param {'all' | string[]} [needs.subscribe] which rooms to hear; all of the account, if nothing is said
   * @param {() => object} [needs.live] who one is as the guest or the screen of a live session, which has no account
   * @param {typeof WebSocket} [needs.WebSocket] where the platform has none
   */
  constructor(needs) {
    super();
    this.needs = { refresh: async () => {}, expires: () => 0, subscribe: /** @type {'all' | string[]} */ ('all'), live: () => undefined, WebSocket: globalThis.WebSocket, ...needs };
    this.places = new Places({
      ask: (op, room, d) => this.ask(op, room, d),
      tell: (event) => this.#tell(event),
      gone: (room) => this.#gone(room),
      settled: () => this.#caughtUp(),
    });
    /** @type {WebSocket | null} */
    this.socket = null;
    /** @type {State} */
    this.state = 'waiting';
    /** When the next attempt is due, unix milliseconds. */
    this.nextTry = 0;
    /** What a server that says "stop" gave as its reason. */
    this.reason = '';
    /** @type {string | undefined} */
    this.epoch = undefined;
    this.welcomed = false;
    this.lastId = 0;
    this.failures = 0;
    this.refreshedForClose = false;
    this.retryTimer = 0;
    this.steadyTimer = 0;
    const doubt = () => this.welcomed && this.pulse.probe(SUSPECT_ANSWER_MS);
    const isOpening = () => this.state === 'connecting' && this.socket !== null && !this.welcomed;
    this.pulse = new Pulse({ isUp: () => this.welcomed, isOpening, ping: () => this.ask('ping', undefined), dead: (code) => this.#closed(code, ''), wake: () => this.wake(), doubt });
    /** @type {Map<number, {resolve: (ok: any) => void, reject: (error: Error) => void}>} */
    this.pending = new Map();
    /** @type {Map<string, Promise<void>>} */
    this.subscribing = new Map();
  }

  /** Connects and stays connected until {@link stop}. Once it has begun, beginning again changes nothing. */
  start() {
    if (this.pulse.begin()) this.#connect();
  }

  /** Closes and stays closed, until {@link start}. */
  stop() {
    globalThis.clearTimeout(this.retryTimer);
    this.#become('stopped');
    this.#drop(1000);
  }

  /** Something changed around us: try at once, or ask whether the line is still alive. */
  wake() {
    if (this.state === 'waiting') this.tryNow();
    else if (this.welcomed) this.pulse.probe(WAKE_ANSWER_MS);
  }

  /** Whether a command would leave now. One that is closing takes nothing any more; what comes of that is another state. */
  get isReady() {
    return this.welcomed && this.socket?.readyState === OPEN;
  }

  /** Does not wait for the next attempt. */
  tryNow() {
    if (this.state !== 'waiting') return;
    globalThis.clearTimeout(this.retryTimer);
    this.#connect();
  }

  /**
   * Sends one command. Rejects with {@link CommandError}; when the connection is lost nobody knows
   * whether it was carried out, so a write must carry its `cmid` again.
   * @param {string} op
   * @param {string | undefined} room
   * @param {any} [d]
   * @returns {Promise<any>}
   */
  ask(op, room, d = {}) {
    if (op === 'hello' ? this.socket?.readyState !== OPEN : !this.isReady) return Promise.reject(lost());
    const id = ++this.lastId;
    const answered = new Promise((resolve, reject) => this.pending.set(id, { resolve, reject }));
    /** @type {WebSocket} */ (this.socket).send(JSON.stringify({ id, op, room, d }));
    return answered;
  }

  /**
   * Carries out one write, however often the line is lost meanwhile: it goes with one `cmid` and is asked until it is
   * answered. Rejects with {@link CommandError} if it is refused, for more than a minute at least, or the sign-in ends. It
   * is kept in memory only.
   * @param {string} op `message.send` and every other command that takes a `cmid`
   * @param {string} room
   * @param {any} [d]
   * @returns {Promise<{seq: number, ts: number, dup: boolean}>}
   */
  async write(op, room, d = {}) {
    const marked = { cmid: uuid(), ...d };
    for (;;) {
      await this.#greeted();
      try {
        return await this.ask(op, room, marked);
      } catch (error) {
        const refusal = /** @type {CommandError} */ (error);
        if (!refusal.retry || (refusal.afterMs ?? 0) > LONGEST_WAIT_MS) throw refusal;
        if (refusal.code !== 'connection_lost') await new Promise((resolve) => globalThis.setTimeout(resolve, refusal.afterMs ?? AGAIN_MS));
      }
    }
  }

  /** Resolves while a connection is greeted; rejects once there will be none. @returns {Promise<void>} */
  #greeted() {
    return new Promise((resolve, reject) => {
      const look = () => {
        const over = this.state === 'stopped' || this.state === 'signed_out';
        if (!over && !this.isReady) return;
        this.removeEventListener('state', look);
        if (over) reject(this.state === 'stopped' ? lost() : ended());
        else resolve();
      };
      this.addEventListener('state', look);
      look();
    });
  }

  /**
   * Hears a room that this connection does not hear yet, from now on.
   * @param {string} room
   */
  subscribe(room) {
    if (this.places.hears(room)) return Promise.resolve();
    let asked = this.subscribing.get(room);
    if (!asked) {
      asked = this.ask('room.subscribe', room)
        .then((line) => this.places.stand(line))
        .finally(() => this.subscribing.delete(room));
      this.subscribing.set(room, asked);
    }
    return asked;
  }

  /**
   * How a room stands for us, from the server; the place in it stays. Nothing if events have told more meanwhile.
   * @param {string} room
   * @returns {Promise<any>}
   */
  async snapshot(room) {
    await this.subscribe(room);
    const after = this.places.all.get(room)?.cursor ?? undefined;
    const line = await this.ask('room.subscribe', room, { after });
    if (line.state === 'reset') this.#reset(room, { ...line, snapshot: line.snapshot });
    else this.places.meet(line);
    return (this.places.all.get(room)?.cursor ?? 0) > line.top ? undefined : line.snapshot;
  }

  /** @param {State} state */
  #become(state) {
    if (this.state === state) return;
    this.state = state;
    if (state === 'stopped' || state === 'signed_out') this.pulse.end();
    this.dispatchEvent(new CustomEvent('state', { detail: { state } }));
  }

  async #connect() {
    this.#become('connecting');
    const expires = this.needs.expires();
    if (expires && expires - EXPIRY_MARGIN_MS < Date.now() && !(await this.#renew())) return;
    const ticket = this.needs.url ? await this.#ticket() : undefined;
    if (ticket === null || this.state !== 'connecting') return;
    const socket = new this.needs.WebSocket(this.needs.url ?? ownSocket(), [SUBPROTOCOL]);
    this.socket = socket;
    this.welcomed = false;
    this.pulse.heard();
    socket.addEventListener('open', () => this.#hello(socket, ticket));
    socket.addEventListener('message', (event) => {
      if (socket === this.socket) this.#hear(event.data);
    });
    socket.addEventListener('close', (event) => {
      if (socket === this.socket) this.#closed(event.code, event.reason);
    });
  }

  /** Renews the cookie. Says false, and has dealt with it, if that did not work. */
  async #renew() {
    try {
      await this.needs.refresh();
      return true;
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this.#become('signed_out');
      else this.#retryLater();
      return false;
    }
  }

  /** A ticket to be shown; `null`, and has dealt with it, if there is none. @returns {Promise<string | null>} */
  async #ticket() {
    try {
      return await this.needs.ticket();
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this.#become('signed_out');
      else this.#retryLater();
      return null;
    }
  }

  /** @param {WebSocket} socket @param {string} [ticket] */
  async #hello(socket, ticket) {
    try {
      const welcome = await this.ask('hello', undefined, { resume: this.places.positions(), history_epoch: this.epoch, subscribe: this.needs.subscribe, ticket, live: this.needs.live() });
      if (socket === this.socket) this.#welcome(welcome);
    } catch {
      // Refused: the server closes next, and the code says what to do. One that does not is left by the watch.
    }
  }

  /** @param {any} welcome */
  #welcome(welcome) {
    this.welcomed = true;
    this.epoch = welcome.history_epoch;
    this.refreshedForClose = false;
    this.steadyTimer = globalThis.setTimeout(() => {
      this.failures = 0;
    }, STEADY_MS);
    this.#become('catching_up');
    this.places.begin();
    for (const line of welcome.rooms) {
      if (line.state === 'gone') this.#gone(line.room);
      else this.places.stand(line);
    }
    this.dispatchEvent(new CustomEvent('welcome', { detail: welcome }));
    this.#caughtUp();
    // The network may have gone while the greeting was on its way.
    if (globalThis.navigator?.onLine === false) this.pulse.probe(SUSPECT_ANSWER_MS);
  }

  /** @param {string} text */
  #hear(text) {
    this.pulse.heard();
    const frame = JSON.parse(text);
    if (frame.event) {
      this.#happened(frame);
      return;
    }
    const waiter = this.pending.get(frame.id);
    this.pending.delete(frame.id);
    if (frame.error) waiter?.reject(new CommandError(frame.error));
    // Settled before the next frame: what follows a page must find the cursor that the page has set.
    else waiter?.resolve(frame.ok);
  }

  /** @param {WireEvent} event */
  #happened(event) {
    const { room } = event;
    // What a quiz shows is whole by itself: there is no place to keep.
    if (event.event.startsWith('quiz.')) this.#tell(event);
    else if (event.seq !== undefined && room) this.places.hear(room, event.seq, event);
    else if (event.event === 'tops') {
      this.places.compare(event.d);
      this.#tell(event);
    } else if (event.event === 'room.lag' && room) this.places.pull(room);
    else if (event.event === 'reset' && room) this.#reset(room, event.d);
    else if (event.event === 'gone' && room) this.#gone(room);
    else if (event.event === 'auth.expiring') this.#extend();
    else if (event.event === 'reconnect') this.#moveAfter(event.d.after_ms);
    else this.#tell(event);
  }

  /** @param {WireEvent} event */
  #tell(event) {
    this.dispatchEvent(new CustomEvent('event', { detail: event }));
  }

  /** @param {string} room @param {{top: number, live: boolean, snapshot: any}} d */
  #reset(room, { top, live, snapshot }) {
    this.dispatchEvent(new CustomEvent('reset', { detail: { room, top, snapshot } }));
    this.places.stand({ room, after: top, live });
  }

  /** @param {string} room */
  #gone(room) {
    this.places.forget(room);
    this.dispatchEvent(new CustomEvent('gone', { detail: { room } }));
    this.#caughtUp();
  }

  #caughtUp() {
    if (this.state === 'catching_up' && this.places.isSettled) this.#become('live');
  }

  /** Renews the credential of the open connection. */
  async #extend() {
    const socket = this.socket;
    try {
      await this.needs.refresh();
      const ticket = await this.needs.ticket();
      if (socket === this.socket) await this.ask('auth.refresh', undefined, { ticket });
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) this.#signedOut();
      // Otherwise the server closes with 4050 in time, and the next connection renews first.
    }
  }

  #signedOut() {
    this.#become('signed_out');
    this.#drop(1000);
  }

  /** @param {number} afterMs */
  #moveAfter(afterMs) {
    const socket = this.socket;
    globalThis.setTimeout(() => {
      if (socket === this.socket) this.#closed(4001, '');
    }, afterMs);
  }

  /** Ends the present connection without judging it. @param {number} code */
  #drop(code) {
    const socket = this.socket;
    this.socket = null;
    this.welcomed = false;
    globalThis.clearTimeout(this.steadyTimer);
    this.pulse.calm();
    this.places.lose();
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of waiting) reject(lost());
    if (socket && socket.readyState <= OPEN) socket.close(code);
  }

  /**
   * The range of the code is the verdict: below 4050 connect again, below 4100 renew first, then stop.
   * @param {number} code
   * @param {string} reason
   */
  async #closed(code, reason) {
    this.#drop(1000);
    if (this.state === 'stopped' || this.state === 'signed_out') return;
    if (code >= 4050 && code < 4100 && !this.refreshedForClose) {
      this.refreshedForClose = true;
      this.#become('connecting');
      if (await this.#renew()) this.#connect();
      return;
    }
    if (code >= 4100 && code < 4200) {
      this.reason = reason;
      this.#become('stopped');
      return;
    }
    this.#retryLater();
  }

  #retryLater() {
    const wait = pauseAfter(this.failures);
    this.failures += 1;
    this.nextTry = Date.now() + wait;
    globalThis.clearTimeout(this.retryTimer);
    this.retryTimer = globalThis.setTimeout(() => this.#connect(), wait);
    this.#become('waiting');
  }
}

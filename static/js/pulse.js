// Whether a connection still lives: what was heard last, and a question when that is long ago or when the machine
// woke, lost its network or found it again.

const QUIET_MS = 25_000;
const ANSWER_MS = 10_000;
const LOOK_MS = 1_000;
/** The same two while the browser says that it has no network. */
const SUSPECT_QUIET_MS = 2_000;
export const SUSPECT_ANSWER_MS = 1_000;

/**
 * @typedef {object} Needs
 * @property {() => boolean} isUp whether there is a connection that was greeted
 * @property {() => boolean} isOpening whether there is one that was not yet
 * @property {() => Promise<any>} ping
 * @property {(code: number) => void} dead it does not live any more, and this is the close code that says so
 * @property {() => void} wake the machine woke, or has a network again
 * @property {() => void} doubt it may have lost its network
 */

export class Pulse {
  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    this.lastHeard = 0;
    this.probeTimer = 0;
    /** @type {AbortController | null} */
    this.ends = null;
  }

  /** Looks after the connection from now on. Says false, and changes nothing, if it does already. */
  begin() {
    if (this.ends) return false;
    const { signal } = (this.ends = new AbortController());
    const timer = globalThis.setInterval(() => this.#look(), LOOK_MS);
    signal.addEventListener('abort', () => globalThis.clearInterval(timer));
    // Outside of a browser nobody says that the machine slept or lost its network: the look finds out.
    if (typeof document === 'undefined') return true;
    window.addEventListener('online', () => this.needs.wake(), { signal });
    window.addEventListener('offline', () => this.needs.doubt(), { signal });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.needs.wake();
    }, { signal });
    return true;
  }

  /** Leaves it alone. */
  end() {
    this.ends?.abort();
    this.ends = null;
    this.calm();
  }

  /** Something came. */
  heard() {
    this.lastHeard = Date.now();
  }

  /** No question is open any more. */
  calm() {
    globalThis.clearTimeout(this.probeTimer);
    this.probeTimer = 0;
  }

  /** Asks the server whether it is there; no answer in time ends the connection. @param {number} within milliseconds */
  probe(within) {
    if (this.probeTimer) return;
    const asked = Date.now();
    this.probeTimer = /** @type {any} */ (globalThis.setTimeout(() => {
      this.probeTimer = 0;
      // What was on its way when the network went is no answer: ask again.
      if (this.lastHeard < asked) this.needs.dead(4009);
      else this.probe(within);
    }, within));
    this.needs.ping().catch(() => {}).finally(() => this.calm());
  }

  #look() {
    const quiet = Date.now() - this.lastHeard;
    const suspect = globalThis.navigator?.onLine === false;
    if (this.needs.isUp() && quiet >= (suspect ? SUSPECT_QUIET_MS : QUIET_MS)) this.probe(suspect ? SUSPECT_ANSWER_MS : ANSWER_MS);
    if (this.needs.isOpening() && quiet >= ANSWER_MS) this.needs.dead(1006);
  }
}

// Where a client stands in each room, and the one rule of catching up (docs/PROTOCOL.md): while a room is
// live its events follow by themselves; while it is not, pages are pulled until one says that it is.
//
// What it promises: each durable event of a room is told once and in order, or one `reset`, or `gone`. An
// acknowledgement never moves a cursor; only events do.

const HOLE_MS = 2_000;
const PULLS_AT_ONCE = 4;

/**
 * @typedef {{cursor: number | null, live: boolean, pulling: boolean, hole: number}} Place
 * @typedef {import('./client.js').WireEvent} WireEvent
 */

export class Places {
  /**
   * @param {object} needs
   * @param {(op: string, room: string, d: any) => Promise<any>} needs.ask one command
   * @param {(event: WireEvent) => void} needs.tell an event whose turn it is
   * @param {(room: string) => void} needs.gone a room is not ours any more
   * @param {() => void} needs.settled nothing is left to pull
   */
  constructor(needs) {
    this.needs = needs;
    /** @type {Map<string, Place>} */
    this.all = new Map();
    /** @type {string[]} */
    this.toPull = [];
    this.pulls = 0;
    /** Rises with each lost connection: what an older one was asked is void. */
    this.connection = 0;
    this.connected = false;
  }

  /** The last `seq` applied of each room, for `hello`. */
  positions() {
    return [...this.all].flatMap(([room, { cursor }]) => (cursor === null ? [] : [{ room, seq: cursor }]));
  }

  /** Whether the server tells us of this room. @param {string} room */
  hears(room) {
    return this.all.get(room)?.cursor != null;
  }

  /** Whether every room is live. */
  get isSettled() {
    return this.pulls === 0 && this.toPull.length === 0;
  }

  /** A new connection is greeted: places may be taken. */
  begin() {
    this.connected = true;
  }

  /** The connection is lost: cursors stay, everything under way is void. */
  lose() {
    this.connection += 1;
    this.connected = false;
    this.toPull = [];
    this.pulls = 0;
    for (const place of this.all.values()) {
      globalThis.clearTimeout(place.hole);
      Object.assign(place, { live: false, pulling: false, hole: 0 });
    }
  }

  /** Takes the position that the server gave for a room. @param {{room: string, after: number, live: boolean}} line */
  stand({ room, after, live }) {
    const place = this.#place(room);
    place.cursor = after;
    place.live = live;
    if (!live) this.pull(room);
  }

  /** The server hears us anew in a room that we stand in: what it tells again is known. @param {{room: string, live: boolean}} line */
  meet({ room, live }) {
    if (!live) this.pull(room);
  }

  /** Forgets a room. @param {string} room */
  forget(room) {
    globalThis.clearTimeout(this.all.get(room)?.hole);
    this.all.delete(room);
  }

  /** A durable event that came by itself. @param {string} room @param {number} seq @param {WireEvent} event */
  hear(room, seq, event) {
    const place = this.#place(room);
    // Not live: this stretch belongs to the page that is on its way.
    if (!place.live || place.cursor === null || seq <= place.cursor) return;
    if (seq > place.cursor + 1) {
      this.pull(room);
      return;
    }
    place.cursor = seq;
    this.needs.tell(event);
  }

  /**
   * A top above the cursor that stays so for two seconds: an event was lost on the way.
   * @param {Record<string, {top: number}>} tops
   */
  compare(tops) {
    for (const [room, { top }] of Object.entries(tops)) {
      const place = this.all.get(room);
      if (!place || place.cursor === null || place.hole || top <= place.cursor) continue;
      place.hole = globalThis.setTimeout(() => {
        place.hole = 0;
        if (this.connected && place.cursor !== null && place.cursor < top) this.pull(room);
      }, HOLE_MS);
    }
  }

  /** Asks for what is missing, a few rooms at a time. @param {string} room */
  pull(room) {
    const place = this.#place(room);
    place.live = false;
    if (place.pulling) return;
    place.pulling = true;
    this.toPull.push(room);
    this.#next();
  }

  /** @param {string} room @returns {Place} */
  #place(room) {
    const place = this.all.get(room) ?? { cursor: null, live: false, pulling: false, hole: 0 };
    this.all.set(room, place);
    return place;
  }

  #next() {
    while (this.pulls < PULLS_AT_ONCE && this.connected) {
      const room = this.toPull.shift();
      if (!room) return;
      const { connection } = this;
      this.pulls += 1;
      this.#pages(room).finally(() => {
        if (connection !== this.connection) return;
        this.pulls -= 1;
        this.#next();
        if (this.isSettled) this.needs.settled();
      });
    }
  }

  /** One page after another until the room is live. @param {string} room */
  async #pages(room) {
    const { connection } = this;
    for (;;) {
      const place = this.all.get(room);
      if (!place || place.cursor === null || connection !== this.connection) return;
      try {
        const page = await this.needs.ask('events', room, { after: place.cursor });
        if (this.all.get(room) !== place) return;
        this.#apply(place, page);
        if (place.live) {
          // Live by this page, or by a `reset` that came meanwhile.
          place.pulling = false;
          return;
        }
      } catch (error) {
        const refusal = /** @type {import('./client.js').CommandError} */ (error);
        if (refusal.code === 'connection_lost') return;
        if (!refusal.retry) {
          place.pulling = false;
          if (refusal.code === 'not_found' || refusal.code === 'forbidden') this.needs.gone(room);
          return;
        }
        await new Promise((resolve) => globalThis.setTimeout(resolve, refusal.afterMs ?? 1000));
      }
    }
  }

  /** @param {Place} place @param {{events: WireEvent[], end: number, live: boolean}} page */
  #apply(place, { events, end, live }) {
    for (const event of events) {
      const seq = event.seq ?? 0;
      if (seq <= (place.cursor ?? 0)) continue;
      place.cursor = seq;
      this.needs.tell(event);
    }
    place.cursor = Math.max(place.cursor ?? 0, end);
    if (live) place.live = true;
  }
}

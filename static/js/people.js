// Who belongs to each conversation, who of them is here just now, and what its moderators have decided.
// All of it follows from pages of the member list and from events; nothing here draws.

import { CommandError } from './client.js';
import { Refused, call } from './session.js';

const PAGE = 50;
/** So many entries of a room's log are looked through for mutes and bans. */
const LOOKED_BACK = 5_000;
const LOG_PAGE = 200;

/**
 * @typedef {import('./client.js').Person} Person
 * @typedef {import('./rooms.js').Member} Member
 * @typedef {import('./rooms.js').Conversation & {slowMode?: number, mutedUntil?: number, mutedWhy?: string}} Standing a conversation with how the own account stands in it
 * @typedef {object} Company
 * @property {Member[]} members in the order in which they came, as many as were asked for
 * @property {string | null} next where the next page begins; `null` when all are here
 * @property {boolean} loaded
 * @property {boolean} loading
 * @property {string} trouble why the last page did not come
 * @property {Set<string> | null} here who is present; `null` while nobody knows
 * @property {number | null} count how many are present; `null` while nobody knows
 * @property {Map<string, number>} muted until when, unix milliseconds, as far as it was heard
 * @property {Map<string, Person>} banned as far as it was heard
 * @property {'not' | 'now' | 'done' | 'part'} looked whether the log was looked through for mutes and bans
 */

/** @returns {Company} */
const nobody = () => ({ members: [], next: null, loaded: false, loading: false, trouble: '', here: null, count: null, muted: new Map(), banned: new Map(), looked: 'not' });

/** What an event about the order of a room changes in what is known of it. @param {Company} company @param {{event: string, d: any}} event */
export function heard(company, { event, d }) {
  const id = d.user?.id;
  if (event === 'member.joined') {
    const known = company.members.some(({ user }) => user.id === id);
    // Behind the last page that was asked for stands whoever came last: that page will have them.
    if (!known && company.loaded && company.next === null) company.members = [...company.members, { user: d.user, role: d.role, read: 0 }];
  } else if (event === 'member.left') company.members = company.members.filter(({ user }) => user.id !== id);
  else if (event === 'member.role') company.members = company.members.map((member) => (member.user.id === id ? { ...member, role: d.role } : member));
  else if (event === 'moderation.muted') {
    if (d.until_ts) company.muted.set(id, d.until_ts);
    else company.muted.delete(id);
  } else if (event === 'moderation.banned') company.banned.set(id, d.user);
  else if (event === 'moderation.unbanned') company.banned.delete(id);
  else return false;
  return true;
}

/** @param {Company} company @param {{online?: string[], joined?: string[], left?: string[], count: number}} d */
export function presence(company, { online, joined, left, count }) {
  company.count = count;
  if (online) company.here = new Set(online);
  else if (!joined && !left) company.here = null;
  else if (company.here) {
    for (const id of left ?? []) company.here.delete(id);
    for (const id of joined ?? []) company.here.add(id);
  }
}

/**
 * Events: `change` (`detail.id`: who is in it, who is here, or its order), `parted` (`detail`: `id`, `name`, `how` and
 * `reason`: the own account is not in it any more).
 */
export class People extends EventTarget {
  /** @param {import('./client.js').Client} client @param {import('./rooms.js').Rooms} rooms */
  constructor(client, rooms) {
    super();
    this.client = client;
    this.rooms = rooms;
    /** @type {Map<string, Company>} */
    this.all = new Map();
    client.addEventListener('event', (event) => this.#happened(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('reset', (event) => this.#reset(/** @type {CustomEvent} */ (event).detail));
    client.addEventListener('gone', (event) => this.all.delete(/** @type {CustomEvent} */ (event).detail.room));
    client.addEventListener('net', () => this.#unknown());
  }

  /** What is known of a conversation. @param {string} id @returns {Company} */
  of(id) {
    const known = this.all.get(id) ?? nobody();
    this.all.set(id, known);
    return known;
  }

  /** Whether somebody is here; `null` while nobody knows. @param {string} id @param {string} user */
  isHere(id, user) {
    return this.all.get(id)?.here?.has(user) ?? null;
  }

  /** When a mute ends that holds now, unix milliseconds; 0 if none is known. @param {string} id @param {string} user */
  mutedUntil(id, user) {
    const until = this.all.get(id)?.muted.get(user) ?? 0;
    return until > Date.now() ? until : 0;
  }

  /** The members from the first page on, and how the room stands for the own account. @param {string} id */
  async open(id) {
    this.look(id);
    if (!this.of(id).loaded) await this.more(id);
  }

  /** One page more of the members. @param {string} id */
  async more(id) {
    const company = this.of(id);
    if (company.loading || (company.loaded && company.next === null)) return;
    Object.assign(company, { loading: true, trouble: '' });
    this.#changed(id);
    try {
      const from = company.next ? `&cursor=${encodeURIComponent(company.next)}` : '';
      const page = await call('GET', `conversations/${encodeURIComponent(id)}/members?limit=${PAGE}${from}`);
      const there = new Set(company.members.map(({ user }) => user.id));
      company.members = [...company.members, ...page.items.filter((/** @type {Member} */ { user }) => !there.has(user.id))];
      Object.assign(company, { next: page.next_cursor ?? null, loaded: true });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      company.trouble = error.message;
    }
    company.loading = false;
    this.#changed(id);
  }

  /** Asks how the room stands: the pause of slow mode, and whether the own account is muted. @param {string} id */
  async look(id) {
    try {
      const snapshot = await this.client.snapshot(id);
      if (snapshot) this.#stand(id, { slowMode: snapshot.slow_mode ?? 0, mutedUntil: snapshot.muted_until_ts ?? 0 });
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }

  /**
   * Looks through the log for mutes and bans from before this page was opened; the server keeps no list of
   * them for us.
   * @param {string} id
   */
  async lookBack(id) {
    const company = this.of(id);
    if (company.looked === 'now' || company.looked === 'done') return;
    company.looked = 'now';
    this.#changed(id);
    const past = nobody();
    try {
      const top = this.client.places.all.get(id)?.cursor ?? 0;
      const from = Math.max(0, top - LOOKED_BACK);
      for (let after = from; after < top;) {
        const page = await this.client.ask('events', id, { after, limit: LOG_PAGE });
        for (const event of page.events) if (event.seq <= top) heard(past, event);
        if (page.end <= after) break;
        after = page.end;
      }
      // What was heard meanwhile is newer.
      company.muted = new Map([...past.muted, ...company.muted]);
      company.banned = new Map([...past.banned, ...company.banned]);
      company.looked = from > 0 ? 'part' : 'done';
    } catch (error) {
      company.looked = 'not';
      if (!(error instanceof CommandError)) throw error;
      company.trouble = error.message;
    }
    this.#changed(id);
  }

  /** @param {import('./client.js').WireEvent} event */
  #happened(event) {
    const { room, d } = event;
    if (!room) return;
    if (room === this.rooms.personal) {
      this.#ofMe(event);
      return;
    }
    if (event.event === 'presence') presence(this.of(room), d);
    else if (event.event === 'moderation.slow_mode') this.#stand(room, { slowMode: d.seconds });
    else if (!heard(this.of(room), event)) return;
    if (event.event === 'moderation.muted' && d.user.id === this.rooms.me.id) this.#stand(room, { mutedUntil: d.until_ts ?? 0 });
    this.#changed(room);
  }

  /** @param {import('./client.js').WireEvent} event */
  #ofMe({ event, d }) {
    const id = d.conversation?.id;
    if (!id) return;
    if (event === 'moderation.muted') this.#stand(id, { mutedUntil: d.until_ts ?? 0, mutedWhy: d.reason ?? '' });
    if (event !== 'member.left') return;
    const detail = { id, name: d.conversation.title ?? d.conversation.with?.name ?? '', how: d.how, reason: d.reason ?? '' };
    this.dispatchEvent(new CustomEvent('parted', { detail }));
  }

  /** What one may do in a conversation. @param {string} id @param {{slowMode?: number, mutedUntil?: number, mutedWhy?: string}} change */
  #stand(id, change) {
    const conversation = this.rooms.all.get(id);
    if (!conversation) return;
    Object.assign(conversation, change);
    this.rooms.dispatchEvent(new CustomEvent('room', { detail: { id } }));
  }

  /** @param {{room: string}} detail */
  #reset({ room }) {
    const { loaded, here, count } = this.of(room);
    this.all.set(room, { ...nobody(), here, count });
    if (loaded) this.more(room);
  }

  /** Without a connection nobody knows who is here. */
  #unknown() {
    if (document.body.dataset.net !== 'offline') return;
    for (const [id, company] of this.all) {
      Object.assign(company, { here: null, count: null });
      this.#changed(id);
    }
  }

  /** @param {string} id */
  #changed(id) {
    this.dispatchEvent(new CustomEvent('change', { detail: { id } }));
  }
}

// Who belongs to each conversation, and what its moderators have decided about whom. All of it follows from pages of
// the server's lists and from events; nothing here draws. Who is here just now is known by here.js.

import { CommandError } from './client.js';
import { Refused, call } from './session.js';

const PAGE = 50;

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
 * @property {Map<string, Held>} held whom something holds or did, by account, as far as it was heard or listed
 * @property {'not' | 'now' | 'done'} looked whether the server was asked who is muted or banned
 * @property {string | null} nextHeld where the next page of those begins; `null` when all are here
 * @property {string} heldTrouble why that page did not come
 * @typedef {object} Held
 * @property {Person} user
 * @property {boolean} [banned] absent while nobody knows
 * @property {number} [until] when the mute ends, unix milliseconds; 0 is none, absent while nobody knows
 */

/** @returns {Company} */
const nobody = () => ({ members: [], next: null, loaded: false, loading: false, trouble: '', held: new Map(), looked: 'not', nextHeld: null, heldTrouble: '' });

/** @param {Company} company @param {Person} user @param {{banned?: boolean, until?: number}} now */
const hold = (company, user, now) => company.held.set(user.id, { ...company.held.get(user.id), user, ...now });

/** What an event about the order of a room changes in what is known of it. @param {Company} company @param {{event: string, d: any}} event */
export function heard(company, { event, d }) {
  const id = d.user?.id;
  if (event === 'member.joined') {
    const known = company.members.some(({ user }) => user.id === id);
    // Behind the last page that was asked for stands whoever came last: that page will have them.
    if (!known && company.loaded && company.next === null) company.members = [...company.members, { user: d.user, role: d.role, read: 0 }];
  } else if (event === 'member.left') company.members = company.members.filter(({ user }) => user.id !== id);
  else if (event === 'member.role') company.members = company.members.map((member) => (member.user.id === id ? { ...member, role: d.role } : member));
  else if (event === 'moderation.muted') hold(company, d.user, { until: d.until_ts ?? 0 });
  else if (event === 'moderation.banned' || event === 'moderation.unbanned') hold(company, d.user, { banned: event === 'moderation.banned' });
  else return false;
  return true;
}

/** What the server lists fills in what no event has told. @param {Company} company @param {{user: Person, banned: boolean, muted_until_ts?: number}[]} items */
export function listed(company, items) {
  for (const { user, banned, muted_until_ts: until } of items) {
    const known = company.held.get(user.id);
    hold(company, user, { banned: known?.banned ?? banned, until: known?.until ?? until ?? 0 });
  }
}

/** Whom something holds at this moment. @param {Company} company @param {number} now unix milliseconds */
export const heldNow = (company, now) => [...company.held.values()].filter(({ banned, until }) => banned || (until ?? 0) > now);

/**
 * Events: `change` (`detail.id`: who is in it, or its order), `parted` (`detail`: `id`, `name`, `how` and
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
  }

  /** What is known of a conversation. @param {string} id @returns {Company} */
  of(id) {
    const known = this.all.get(id) ?? nobody();
    this.all.set(id, known);
    return known;
  }

  /** When a mute ends that holds now, unix milliseconds; 0 if none is known. @param {string} id @param {string} user */
  mutedUntil(id, user) {
    const until = this.all.get(id)?.held.get(user)?.until ?? 0;
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

  /** Asks who is muted or banned: the first page, or one page more. @param {string} id */
  async lookUp(id) {
    const company = this.of(id);
    if (company.looked === 'now' || (company.looked === 'done' && company.nextHeld === null)) return;
    const from = company.nextHeld ? `&cursor=${encodeURIComponent(company.nextHeld)}` : '';
    Object.assign(company, { looked: 'now', heldTrouble: '' });
    this.#changed(id);
    try {
      const page = await call('GET', `conversations/${encodeURIComponent(id)}/restrictions?limit=${PAGE}${from}`);
      listed(company, page.items);
      Object.assign(company, { looked: 'done', nextHeld: page.next_cursor ?? null });
    } catch (error) {
      company.looked = from ? 'done' : 'not';
      if (!(error instanceof Refused)) throw error;
      company.heldTrouble = error.message;
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
    if (event.event === 'moderation.slow_mode') this.#stand(room, { slowMode: d.seconds });
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
    const { loaded } = this.of(room);
    this.all.set(room, nobody());
    if (loaded) this.more(room);
  }

  /** @param {string} id */
  #changed(id) {
    this.dispatchEvent(new CustomEvent('change', { detail: { id } }));
  }
}

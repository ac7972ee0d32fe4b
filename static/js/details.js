// Beside a conversation: what it is, who is in it and who of them is here, and what one may do about it.

import { byId, el, icon } from './dom.js';
import { avatarOf, personAvatar } from './list.js';
import { deedsOf, pauseWords, stepsFor, untilWords, whyNoOrder, whyNotLeave } from './members.js';
import { menuButton } from './menu.js';
import { heldNow } from './people.js';
import { sinceWords } from './profile.js';
import { nameOf } from './rooms.js';
import { subtitleOf } from './thread.js';
import { parts, say } from './words.js';

/** @param {string} role @returns {string} nothing for a member */
const roleWords = (role) => (role === 'owner' ? say('role.owner') : role === 'moderator' ? say('role.moderator') : '');

export class DetailsView {
  /**
   * @param {import('./rooms.js').Rooms} rooms
   * @param {import('./people.js').People} people
   * @param {{onClose: (event: Event) => void, onAdd: (id: string) => void, onBuilt: () => void, onLeaving: (id: string) => void, onProfile: (person: import('./client.js').Person, room: string, role: string) => void}} actions
   */
  constructor(rooms, people, actions) {
    this.rooms = rooms;
    this.people = people;
    this.actions = actions;
    this.root = byId('details');
    /** @type {string | null} */
    this.id = null;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** What each part shows, so that only a change is drawn and the focus stays. @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
    const mine = (/** @type {Event} */ event) => {
      if (/** @type {CustomEvent} */ (event).detail.id === this.id) this.#draw();
    };
    rooms.addEventListener('room', mine);
    people.addEventListener('change', mine);
    rooms.here.addEventListener('change', (event) => {
      if (/** @type {CustomEvent} */ (event).detail.room === this.id) this.#draw();
    });
    rooms.addEventListener('list', () => this.#draw());
  }

  /** @param {string} id */
  open(id) {
    if (this.id === id) return;
    this.id = id;
    this.root.hidden = false;
    this.#build(id);
    this.#draw();
    this.people.open(id);
  }

  close() {
    this.id = null;
    this.root.hidden = true;
    this.root.replaceChildren();
    this.rows.clear();
    window.clearTimeout(this.muteTimer);
  }

  /** What stays while its contents change, so that focus is not lost. @param {string} id */
  #build(id) {
    this.rows.clear();
    this.top = el('div', { class: 'details__top' });
    this.state = el('div', { class: 'stack stack--sm', hidden: true });
    this.list = el('ul', { class: 'plain-list', 'aria-labelledby': 'details-members' });
    this.below = el('p', { class: 'quiet small', role: 'status' });
    this.next = el('button', { class: 'btn btn--quiet btn--sm', type: 'button', hidden: true, onclick: () => this.people.more(id) });
    this.here = el('span', { class: 'faint small num' });
    this.add = this.#action('plus', say('details.add'), () => this.actions.onAdd(id));
    this.banned = el('div', { class: 'stack stack--sm', hidden: true });
    this.slow = this.#action('clock', say('order.slow'), () => this.#deeds()?.slowMode(this.#conversation()?.slowMode ?? 0));
    this.leave = this.#action('log-out', '', () => this.#deeds()?.leave(() => this.actions.onLeaving(id)), 'row-link row-link--bad');
    this.root.replaceChildren(
      el('div', { class: 'details__bar' }, el('h2', { id: 'details-title', tabindex: '-1' }, say('details.label')),
        el('a', { class: 'icon-btn', href: `#room/${id}`, 'aria-label': say('details.close'), onclick: this.actions.onClose }, icon('close'))),
      this.top, this.state,
      el('div', { class: 'stack stack--sm' }, el('div', { class: 'row row--between' }, el('h3', { id: 'details-members', class: 'small quiet strong' }, say('details.members')), this.here),
        this.list, this.below, this.next, this.add.node),
      this.banned, el('div', { class: 'plain-list' }, this.slow.node, this.leave.node));
    this.actions.onBuilt();
  }

  /** @returns {import('./people.js').Standing | undefined} */
  #conversation() {
    return this.id ? this.rooms.all.get(this.id) : undefined;
  }

  #deeds() {
    const conversation = this.#conversation();
    return conversation && deedsOf(this.rooms.client, { id: conversation.id, kind: conversation.kind, name: nameOf(conversation) });
  }

  /**
   * A button that stays when what it does is not allowed, and says why not.
   * @param {string} sign @param {string} label @param {() => void} run @param {string} [classes]
   */
  #action(sign, label, run, classes = 'row-link') {
    const name = el('span', { class: 'grow' }, label);
    const value = el('span', { class: 'quiet small' });
    const why = el('span', { class: 'menu__why' });
    const node = el('button', { class: classes, type: 'button', hidden: true }, icon(sign, 'icon icon--sm'), el('span', { class: 'grow' }, name, why), value);
    node.addEventListener('click', () => node.getAttribute('aria-disabled') !== 'true' && run());
    /** @param {{label?: string, value?: string, why: string}} now */
    const show = (now) => {
      node.hidden = false;
      if (now.label) name.textContent = now.label;
      value.textContent = now.value ?? '';
      why.textContent = now.why;
      if (now.why) node.setAttribute('aria-disabled', 'true');
      else node.removeAttribute('aria-disabled');
    };
    return { node, show };
  }

  /** Whether this part shows this already; it does from now on. @param {Element} node @param {any} content */
  #isDrawn(node, content) {
    const now = JSON.stringify(content);
    if (this.drawn.get(node) === now) return true;
    this.drawn.set(node, now);
    return false;
  }

  #draw() {
    const conversation = this.#conversation();
    if (!conversation) return;
    const { id, kind, role, members } = conversation;
    const company = this.people.of(id);
    const name = nameOf(conversation);
    this.root.setAttribute('aria-label', say('details.of', { name }));
    const partner = conversation.with ? this.rooms.here.isHere(id, conversation.with.id) : null;
    if (!this.#isDrawn(this.top, [name, members, partner])) {
      this.top.replaceChildren(avatarOf(conversation, 'avatar--xl', partner), el('p', { dir: 'auto' }, name), el('p', { class: 'quiet small' }, subtitleOf(conversation)),
        ...(conversation.with ? [el('p', { class: 'quiet small' }, [partner ? say('here-now') : '', sinceWords(conversation.with.id)].filter(Boolean).join(' · '))] : []));
    }
    byId('details-members').textContent = say('members', { n: members });
    const known = this.rooms.here.presence(id);
    this.here.textContent = known ? say('details.here', { n: known.count }) : '';
    this.#untilNextEnd(conversation, company);
    this.#drawState();
    this.#drawMembers(company, role);
    const { loaded, loading, next, trouble } = company;
    const below = trouble || (loaded ? '' : say('details.loading'));
    if (this.below.textContent !== below) this.below.textContent = below;
    this.below.hidden = !below;
    this.next.hidden = !trouble && (!loaded || next === null);
    this.next.textContent = loading ? say('details.loading-more') : trouble ? say('details.again') : say('details.more');
    if (kind === 'direct') return;
    this.add?.show({ why: whyNoOrder(role) && say('details.only-moderators-add') });
    this.slow?.show({ value: pauseWords(conversation.slowMode ?? 0), why: whyNoOrder(role) });
    this.leave?.show({ label: kind === 'room' ? say('order.leave-room') : say('order.leave-group'), why: whyNotLeave(conversation) });
    this.#drawBanned(company, !whyNoOrder(role));
  }

  /** A mute that ends vanishes by itself: everything is looked at again when the next one does. @param {import('./people.js').Standing} conversation @param {import('./people.js').Company} company */
  #untilNextEnd({ mutedUntil = 0 }, { held }) {
    window.clearTimeout(this.muteTimer);
    const now = Date.now();
    const next = [...held.values()].reduce((soonest, { until = 0 }) => (until > now ? Math.min(soonest, until) : soonest), mutedUntil > now ? mutedUntil : Infinity);
    if (next < Infinity) this.muteTimer = window.setTimeout(() => this.#draw(), Math.min(next - now + 50, 2 ** 31 - 1));
  }

  /** What holds for the own account here: muted, slow mode. */
  #drawState() {
    const { mutedUntil = 0, mutedWhy = '', slowMode = 0, role } = /** @type {import('./people.js').Standing} */ (this.#conversation());
    const muted = mutedUntil > Date.now();
    this.state.hidden = !muted && !slowMode;
    if (this.#isDrawn(this.state, [muted && mutedUntil, mutedWhy, slowMode, role])) return;
    this.state.replaceChildren(
      muted ? el('p', { class: 'note note--warn' }, icon('bell-off'), el('span', {}, el('strong', {}, say('details.you-muted', { time: untilWords(mutedUntil) })), ` ${say('details.you-muted-more')}`, mutedWhy && ` ${say('details.reason', { reason: mutedWhy })}`)) : '',
      slowMode ? el('p', { class: 'note' }, icon('clock'), el('span', {}, el('strong', {}, say('details.slow')), ` ${say(role === 'member' ? 'details.slow-more' : 'details.slow-not-you', { time: pauseWords(slowMode) })}`)) : '');
  }

  /** @param {import('./people.js').Company} company @param {string} mine the own role */
  #drawMembers(company, mine) {
    const gone = new Map(this.rows);
    /** @type {Element | null} */
    let at = this.list.firstElementChild;
    for (const member of company.members) {
      const row = this.#member(member, mine);
      gone.delete(member.user.id);
      if (row === at) at = row.nextElementSibling;
      else this.list.insertBefore(row, at);
    }
    for (const [user, row] of gone) {
      // Whoever stood on this row goes on at the head of the list.
      if (row.contains(document.activeElement)) byId('details-title').focus();
      row.remove();
      this.rows.delete(user);
    }
    this.list.hidden = !company.members.length;
  }

  /** @param {import('./rooms.js').Member} member @param {string} mine */
  #member(member, mine) {
    const { user, role } = member;
    const id = /** @type {string} */ (this.id);
    let row = this.rows.get(user.id);
    if (!row) {
      const menu = menuButton(say('details.steps', { person: user.name }), () => this.#steps(user.id), this.root);
      row = el('li', { class: 'member' }, el('span'), el('p', { class: 'truncate' }), el('span', { class: 'row row--end' }), menu);
      this.rows.set(user.id, /** @type {HTMLElement} */ (row));
    }
    const isMe = user.id === this.rooms.me.id;
    const isHere = this.rooms.here.isHere(id, user.id);
    const muted = this.people.mutedUntil(id, user.id);
    if (this.#isDrawn(/** @type {HTMLElement} */ (row), [user, role, isHere, muted, mine])) return /** @type {HTMLElement} */ (row);
    const [face, text, badges] = /** @type {any} */ (row).children;
    face.replaceWith(personAvatar(user, 'avatar--sm', isHere));
    const state = [isMe ? say('you') : `@${user.username}`, isHere ? say('details.here-now') : '', muted ? say('details.muted-until', { time: untilWords(muted) }) : ''].filter(Boolean).join(' · ');
    text.replaceChildren(el('span', { dir: 'auto' }, user.name), el('br'), el('small', { dir: 'auto' }, state, isHere === false && el('span', { class: 'vh' }, say('details.not-here'))));
    badges.replaceChildren(roleWords(role) ? el('span', { class: 'badge badge--berry' }, roleWords(role)) : '');
    return /** @type {HTMLElement} */ (row);
  }

  /** The steps as they stand at this moment. @param {string} userId */
  #steps(userId) {
    const conversation = this.#conversation();
    const deeds = this.#deeds();
    const member = conversation && this.people.of(conversation.id).members.find(({ user }) => user.id === userId);
    if (!conversation || !member || !deeds) return [];
    const about = { member, mine: conversation.role, kind: conversation.kind, isMe: userId === this.rooms.me.id, isMuted: this.people.mutedUntil(conversation.id, userId) > 0 };
    return stepsFor(about, deeds, () => this.actions.onProfile(member.user, conversation.id, roleWords(member.role)));
  }

  /** Whom a ban or a mute holds, for those who may end it. @param {import('./people.js').Company} company @param {boolean} may */
  #drawBanned(company, may) {
    const { looked, nextHeld, heldTrouble } = company;
    // Before the server was asked: those alone whom the list of members does not show.
    const all = heldNow(company, Date.now()).filter(({ banned }) => banned || looked === 'done');
    this.banned.hidden = !may;
    if (!may || this.#isDrawn(this.banned, [all, looked, nextHeld, heldTrouble])) return;
    const id = /** @type {string} */ (this.id);
    const hadFocus = this.banned.contains(document.activeElement);
    const said = heldTrouble || (looked === 'now' ? say('details.looking') : looked === 'done' && !all.length ? say('details.nobody-held') : '');
    const ask = (/** @type {string} */ label) => el('button', { class: 'row-link', type: 'button', onclick: () => this.people.lookUp(id) }, icon('lock', 'icon icon--sm'), el('span', { class: 'grow' }, label));
    this.banned.replaceChildren(el('h3', { class: 'small quiet strong', id: 'details-banned', tabindex: '-1' }, say('details.held')),
      all.length ? el('ul', { class: 'plain-list', 'aria-labelledby': 'details-banned' }, ...all.map((held) => this.#heldRow(held))) : '',
      said ? el('p', { class: 'quiet small', role: 'status' }, said) : '',
      looked === 'not' ? ask(say('details.look')) : looked === 'done' && nextHeld !== null ? ask(say('details.more-held')) : '');
    this.actions.onBuilt();
    if (hadFocus) byId('details-banned').focus();
  }

  /** @param {import('./people.js').Held} held */
  #heldRow({ user, banned, until }) {
    const state = banned ? say('details.banned') : say('details.muted-until', { time: untilWords(until ?? 0) });
    const name = el('span', { class: 'vh' }, user.name);
    return el('li', { class: 'member' }, personAvatar(user, 'avatar--sm'),
      el('p', { class: 'truncate' }, el('span', { dir: 'auto' }, user.name), el('br'), el('small', { dir: 'auto' }, `@${user.username} · ${state}`)), el('span'),
      el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick: () => this.#deeds()?.[banned ? 'unban' : 'unmute'](user) }, ...parts(banned ? 'details.let-back' : 'details.unmute', { person: name })));
  }
}

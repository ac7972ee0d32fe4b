// The chat page: who is signed in, one connection, the list, the open conversation, and the addresses
// `#room/<id>` and `#room/<id>/details`, each a step that Back undoes.

import { Banner } from './banner.js';
import { Client } from './client.js';
import { Deeds } from './deeds.js';
import { DetailsView } from './details.js';
import { account, addPerson, newConversation, publicRooms } from './dialogs.js';
import { announce, byId, el, figure, keepIcons } from './dom.js';
import { clearDrafts } from './drafts.js';
import { FirstSteps } from './first.js';
import { isField, keysDialog } from './keys.js';
import { lettersOn } from './letters.js';
import { ListView } from './list.js';
import { News } from './news.js';
import { Notices, TabIcon } from './notice.js';
import { Outbox } from './outbox.js';
import { partedWords, showParted } from './parted.js';
import { People } from './people.js';
import { profileCard } from './profile.js';
import { Rooms, nameOf } from './rooms.js';
import { Refused, accessExpires, call, goSignIn, refresh, signOut } from './session.js';
import { ThreadView } from './thread.js';
import { tellRefusals } from './undo.js';
import { showNoServer, showNothing, showTrouble } from './vacant.js';
import { say } from './words.js';

const PHONE = window.matchMedia('(max-width: 760px)');

/** @returns {{id: string | null, details: boolean}} */
function route() {
  const found = /^#room\/([0-9a-f-]{36})(\/details)?$/.exec(location.hash);
  return { id: found?.[1] ?? null, details: Boolean(found?.[2]) };
}

/** Gives a heading its level; which one that is depends on the pane that is shown. @param {string} id @param {string} tag */
function headline(id, tag) {
  const now = document.getElementById(id);
  if (!now || now.localName === tag) return;
  const then = el(tag, { id, tabindex: '-1', class: now.className || null }, ...now.childNodes);
  const hadFocus = now === document.activeElement;
  now.replaceWith(then);
  if (hadFocus) then.focus();
}

class ChatPage {
  /** @param {any} me */
  constructor(me) {
    this.me = me;
    this.client = new Client({
      refresh,
      ticket: async () => (await call('POST', 'auth/ws-ticket')).ticket,
      expires: accessExpires,
    });
    this.outbox = new Outbox(this.client, me.id);
    this.deeds = new Deeds(this.client, me.id);
    this.rooms = new Rooms(this.client, this.outbox, this.deeds, me);
    this.people = new People(this.client, this.rooms);
    this.list = new ListView(this.rooms, { onNew: () => this.#new(), onRetry: () => this.#load(), onOpen: (id) => this.#go(id) });
    this.first = new FirstSteps(this.rooms, { onNew: () => this.#new() });
    this.notices = new Notices(this.rooms, (id) => this.#go(id));
    this.tabIcon = new TabIcon();
    this.details = new DetailsView(this.rooms, this.people, {
      onClose: (event) => this.#stepBack(`#room/${route().id}`, event),
      onAdd: (id) => this.#add(id),
      onBuilt: () => this.#dress(),
      onLeaving: (id) => this.leaving.add(id),
      onProfile: (person, room, role) => this.#profile(person, room, role),
    });
    /** Conversations that one is leaving by oneself. @type {Set<string>} */
    this.leaving = new Set();
    /** Conversations that one was taken out of, and how. @type {Map<string, import('./parted.js').Parted>} */
    this.parted = new Map();
    /** Whether there is no conversation that could be opened. */
    this.bare = false;
    /** On the way to the list in order to find something there. */
    this.wantsFind = false;
    /** @type {ThreadView | null} */
    this.thread = null;
    /** The addresses that led here, so that a way back undoes a step instead of adding one. */
    this.trail = [location.hash];
  }

  start() {
    new Banner(this.client, this.rooms);
    this.client.addEventListener('net', () => this.thread?.conversation && this.thread.draw());
    this.rooms.addEventListener('list', () => this.#drawCounts());
    this.rooms.addEventListener('list', () => this.#comeBack());
    this.rooms.addEventListener('list', () => {
      if (!route().id && this.bare !== !this.rooms.all.size) this.#showNothing();
    });
    this.rooms.addEventListener('gone', (event) => this.#gone(/** @type {CustomEvent} */ (event).detail.id));
    this.first.addEventListener('change', () => {
      if (!route().id) this.#showNothing();
      this.thread?.greet();
    });
    this.people.addEventListener('parted', (event) => this.#parted(/** @type {CustomEvent} */ (event).detail));
    new News(this.rooms, () => this.thread?.id ?? null);
    this.outbox.addEventListener('failed', () => announce(say('chat.not-sent')));
    tellRefusals(this.deeds);
    window.addEventListener('hashchange', () => {
      if (location.hash === this.trail.at(-2)) this.trail.pop();
      else this.trail.push(location.hash);
      this.#show(true);
    });
    PHONE.addEventListener('change', () => this.#dress());
    document.addEventListener('keydown', (event) => this.#key(event));
    for (const id of ['new-conversation', 'find-rooms', 'you', 'find']) byId(id).disabled = false;
    byId('new-conversation').addEventListener('click', () => this.#new());
    byId('find-rooms').addEventListener('click', () => publicRooms(this.me.username, (id) => this.#go(id)));
    byId('you').addEventListener('click', () => account(this.me, this.outbox.items.size, () => this.#leave(), this.notices.part(), keysDialog));
    for (const skip of document.querySelectorAll('[data-skip]')) skip.addEventListener('click', (event) => this.#skip(event));
    this.client.start();
    this.#load();
    if (!route().id) this.#showNothing();
    this.#show(false);
  }

  async #load() {
    try {
      await this.rooms.load();
    } catch (error) {
      if (/** @type {any} */ (error).status === 401) goSignIn();
      else this.list.failed(error);
    }
  }

  async #leave() {
    await signOut();
    this.client.stop();
    this.outbox.clear();
    this.deeds.clear();
    clearDrafts(this.me.id);
    location.replace('/signin');
  }

  #new() {
    newConversation((id, kind) => {
      this.#go(id);
      if (kind === 'group') location.hash = `#room/${id}/details`;
    });
  }

  /** @param {string} id */
  #add(id) {
    const conversation = this.rooms.all.get(id);
    if (conversation) addPerson({ id, name: nameOf(conversation), kind: conversation.kind }, () => this.rooms.loadPeople(id).catch(() => {}));
  }

  /** @param {string} id */
  #go(id) {
    if (location.hash === `#room/${id}`) this.#show(true);
    else location.hash = `#room/${id}`;
  }

  /** Who is in a conversation again that the page said they were taken out of reads on. */
  #comeBack() {
    const { id } = route();
    if (id && !this.thread && this.parted.has(id) && this.rooms.all.has(id)) this.#show(false);
  }

  /** @param {import('./client.js').Person} person @param {string} room where one met them @param {string} role */
  #profile(person, room, role) {
    profileCard(person, { isMe: person.id === this.me.id, isHere: this.rooms.here.isHere(room, person.id), role, onTalk: (id) => this.#go(id) });
  }

  /** @param {string} id */
  #gone(id) {
    const open = this.thread?.id === id ? this.thread.conversation : null;
    if (this.leaving.delete(id)) {
      // It may be told before the answer: a dialog that is still open would keep the focus from where one goes.
      for (const dialog of document.querySelectorAll('dialog[open]')) /** @type {HTMLDialogElement} */ (dialog).close();
      if (route().id === id) location.hash = '#';
      return;
    }
    if (route().id !== id) return;
    const told = this.parted.get(id) ?? { id, name: open ? nameOf(open) : '', how: '', reason: '' };
    this.parted.set(id, told);
    announce(partedWords(told).title);
    this.#showParted(told);
  }

  /** The own account is not in it any more, and this is how. @param {import('./parted.js').Parted} detail */
  #parted(detail) {
    if (detail.how === 'left' || this.leaving.has(detail.id)) return;
    this.parted.set(detail.id, detail);
    if (route().id === detail.id) {
      if (!this.rooms.all.has(detail.id)) this.#showParted(detail);
    } else announce(partedWords(detail).title);
  }

  /** The thread says that it has ended; the address stays, so that nobody is moved away while reading. @param {import('./parted.js').Parted} told */
  #showParted(told) {
    const hadFocus = Boolean(document.activeElement?.closest('#thread, #details, dialog')) || document.activeElement === document.body;
    for (const dialog of document.querySelectorAll('dialog[open]')) /** @type {HTMLDialogElement} */ (dialog).close();
    if (route().details) {
      history.replaceState(null, '', `#room/${told.id}`);
      this.trail[this.trail.length - 1] = location.hash;
    }
    this.details.close();
    document.body.classList.add('app--two');
    document.body.dataset.pane = 'thread';
    this.thread?.close();
    this.thread = null;
    showParted(byId('thread'), told);
    this.#dress();
    this.#drawCounts();
    if (hadFocus) byId('thread-title').focus();
  }

  /** Goes to where one came from, if that is where this leads. @param {string} hash @param {Event} [event] */
  #stepBack(hash, event) {
    event?.preventDefault();
    const plainly = (/** @type {string | undefined} */ address) => (address === undefined ? null : address.replace(/^#$/, ''));
    if (plainly(this.trail.at(-2)) === plainly(hash)) history.back();
    else location.hash = hash;
  }

  /** Shows what the address says. @param {boolean} moved whether a person went there just now */
  async #show(moved) {
    const { id, details } = route();
    const pane = !id ? 'list' : details ? 'details' : 'thread';
    const changed = this.thread?.id !== (id ?? undefined);
    const closed = !changed && pane === 'thread' && document.body.dataset.pane === 'details';
    document.body.dataset.pane = pane;
    document.body.classList.toggle('app--two', !details);
    this.list.select(id);
    this.#dress();
    if (details && id) this.details.open(id);
    else this.details.close();
    if (changed) {
      this.thread?.close();
      this.thread = null;
      if (id) await this.#open(id);
      else this.#showNothing();
      if (route().id !== id) return;
    }
    this.#dress();
    this.#drawCounts();
    if (moved) this.#focus(closed ? 'details-link' : pane);
  }

  /** @param {string} id */
  async #open(id) {
    const parted = this.parted.get(id);
    const thread = new ThreadView(this.rooms, this.outbox, id, { onBack: (event) => this.#stepBack('#', event), onAdd: () => this.#add(id), first: () => this.first.card('thread', id) });
    this.thread = thread;
    try {
      await thread.open();
      this.parted.delete(id);
      this.people.look(id);
    } catch (error) {
      if (this.thread !== thread) return;
      const { status, code } = /** @type {any} */ (error);
      if (parted && (status === 404 || code === 'not_found')) this.#showParted(parted);
      else this.#showTrouble(id, error);
    }
  }

  /** @param {string} id @param {any} error */
  #showTrouble(id, error) {
    if (error.status === 401) {
      goSignIn();
      return;
    }
    this.thread?.close();
    this.thread = null;
    showTrouble(error, () => this.#open(id).then(() => this.#dress()));
  }

  /** No conversation is open; whoever has none at all is told how to begin. */
  #showNothing() {
    this.bare = this.rooms.loaded && !this.rooms.all.size;
    showNothing(this.bare, this.first.card('thread'));
  }

  /** One `main` and one `h1`: of the list, the thread, or on a phone the details. */
  #dress() {
    const { id, details } = route();
    const main = !id ? 'list' : details && PHONE.matches ? 'details' : 'thread';
    for (const place of ['list', 'thread']) {
      if (place === main) byId(place).setAttribute('role', 'main');
      else byId(place).removeAttribute('role');
    }
    byId('details').setAttribute('role', main === 'details' ? 'main' : 'complementary');
    headline('list-title', main === 'list' ? 'h1' : 'h2');
    headline('details-title', main === 'details' ? 'h1' : 'h2');
    for (const id of ['details-members', 'details-banned']) headline(id, main === 'details' ? 'h2' : 'h3');
    for (const skip of document.querySelectorAll('[data-skip]')) {
      const target = document.getElementById(/** @type {HTMLElement} */ (skip).dataset.skip ?? '');
      /** @type {HTMLElement} */ (skip).hidden = !target || !(target.checkVisibility?.() ?? true);
    }
  }

  /** @param {string} pane or what opened the one that is closed */
  #focus(pane) {
    if (pane.startsWith('details')) document.getElementById(pane === 'details' ? 'details-title' : pane)?.focus();
    else if (pane === 'list' && this.wantsFind) {
      this.wantsFind = false;
      this.list.finder.focus();
    } else if (pane === 'list') byId('list-title').focus();
    else if (document.activeElement?.closest('#details, .rail') || document.activeElement === document.body || !document.activeElement?.closest('#thread')) {
      document.getElementById('thread-title')?.focus();
    }
  }

  /** A skip link must not change the address, which says what is open. @param {Event} event */
  #skip(event) {
    event.preventDefault();
    const target = byId(/** @type {HTMLElement} */ (event.currentTarget).dataset.skip ?? '');
    const stop = target.id === 'messages' ? target.parentElement : target;
    stop.focus();
  }

  #drawCounts() {
    const unread = this.rooms.unread();
    const badge = byId('rail-unread');
    badge.hidden = unread === 0;
    badge.replaceChildren(unread > 99 ? '99+' : figure(unread), el('span', { class: 'vh' }, ` ${say('unread')}`));
    const open = this.thread?.conversation;
    const name = open ? nameOf(open) : say('chats');
    this.tabIcon.show(unread);
    document.title = `${unread ? `(${unread > 99 ? '99+' : unread}) ` : ''}${say('page.title', { name })}`;
  }

  /** To the field above the list; on a phone the list comes first. */
  #find() {
    if (byId('find').checkVisibility()) this.list.finder.focus();
    else {
      this.wantsFind = true;
      location.hash = '#';
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isFind = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k';
    if (isFind) event.preventDefault();
    if (event.defaultPrevented && !isFind) return;
    if (document.querySelector('dialog[open], [popover], [role="menu"]')) return;
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const isPlain = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== ' ';
    if (isFind) this.#find();
    else if (event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      const next = this.list.nextUnread(event.key === 'ArrowDown' ? 1 : -1);
      if (next) location.hash = `#room/${next}`;
    } else if (event.key === 'Escape' && route().details) {
      this.#stepBack(`#room/${route().id}`);
    } else if (!isPlain || isField(active)) {
      // Belongs to what is written, or to nobody.
    } else if (event.key === '?' && lettersOn()) {
      event.preventDefault();
      keysDialog();
    } else if (active?.id === 'thread-title') {
      // Whoever opens a conversation and types means to write in it; the key lands in the field.
      this.thread?.composer?.focus();
    } else if (event.key.toLowerCase() === 'n' && lettersOn() && !active?.closest('#thread')) {
      event.preventDefault();
      this.#new();
    }
  }
}

async function start() {
  keepIcons();
  if (!accessExpires()) {
    goSignIn();
    return;
  }
  try {
    if (accessExpires() < Date.now()) await refresh();
    const me = await call('GET', 'me');
    if (me.email_verified) new ChatPage(me).start();
    else location.replace('/signin?confirm');
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.status === 401) goSignIn();
    else showNoServer(error);
  }
}

start();

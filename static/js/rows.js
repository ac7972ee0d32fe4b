// Draws the messages of a conversation: by day and by author, each row only when what it shows has changed.

import { bubble, editedMark, quote, reactions } from './bubble.js';
import { dayKey, dayName, el, icon, timeOfDay } from './dom.js';
import { personAvatar } from './list.js';
import { asShown, mentionsIn } from './messages.js';
import { undo } from './undo.js';
import { say } from './words.js';

const GROUP_MS = 5 * 60_000;

/**
 * @typedef {import('./rooms.js').Conversation} Conversation
 * @typedef {ReturnType<typeof asShown> & {key: string, erasing: boolean, waiting?: import('./outbox.js').Waiting}} Line
 * @typedef {object} Needs
 * @property {import('./rooms.js').Rooms} rooms
 * @property {string} id
 * @property {HTMLElement} list
 * @property {() => HTMLElement} empty
 * @property {(seq: number) => void} jump
 * @property {(cmid: string) => void} dropUnsent
 * @property {(message: Line, text: string) => void} editAgain
 */

export class Rows {
  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    /** @type {import('./actions.js').Actions | null} */
    this.actions = null;
    /** @type {Map<string, HTMLElement>} */
    this.rows = new Map();
    /** What each row shows, so that only what changed is drawn. @type {WeakMap<Element, string>} */
    this.drawn = new WeakMap();
    /** @type {Map<number, Line>} */
    this.shown = new Map();
    /** The row that is a stop of Tab. @type {HTMLElement | null} */
    this.current = null;
  }

  /** @param {Conversation} conversation @returns {Line[]} what the log has, then what waits */
  #lines(conversation) {
    const { rooms, id } = this.needs;
    const deeds = rooms.deeds.byMessage(id);
    const known = (conversation.messages ?? []).map((message) => ({ key: `${message.author.id}/${message.cmid ?? message.seq}`, erasing: undo.is(id, message.seq), ...asShown(message, deeds.get(message.seq)) }));
    this.shown = new Map(known.map((line) => [line.seq, line]));
    if (conversation.later) return known;
    const waiting = rooms.outbox.of(id).map((item) => ({ key: `${rooms.me.id}/${item.cmid}`, seq: 0, ts: item.at, author: rooms.me, body: item.body, reply_to: item.reply_to, reactions: [], state: '', refused: null, erasing: false, waiting: item }));
    return [...known, ...waiting];
  }

  /**
   * @param {Conversation} conversation
   * @param {{older: HTMLElement, later: HTMLElement, newFrom: number, newCount: number}} around
   */
  draw(conversation, { older, later, newFrom, newCount }) {
    const me = this.needs.rooms.me.id;
    this.usernames = new Set([this.needs.rooms.me.username, ...conversation.people.map(({ user }) => user.username), ...(conversation.with ? [conversation.with.username] : [])]);
    const wanted = conversation.more ? [older] : [];
    // Above the first that was new; not while that one may still stand on an older page.
    let from = conversation.more && (conversation.messages?.[0]?.seq ?? 0) > newFrom ? 0 : newFrom;
    /** @type {Line | null} */
    let before = null;
    for (const line of this.#lines(conversation)) {
      const newDay = !before || dayKey(before.ts) !== dayKey(line.ts);
      if (newDay) wanted.push(this.#divider(`day/${dayKey(line.ts)}`, 'day', dayName(line.ts)));
      const isNew = from > 0 && !line.waiting && line.seq >= from && line.author.id !== me;
      if (isNew) wanted.push(this.#divider('new', 'day day--new', say('rows.new', { n: newCount })));
      if (isNew) from = 0;
      const first = newDay || isNew || before?.author.id !== line.author.id || line.ts - before.ts > GROUP_MS;
      wanted.push(this.#row(conversation, line, first));
      before = line;
    }
    if (!before) wanted.push(this.needs.empty());
    if (conversation.later) wanted.push(later);
    this.#place(wanted);
    if (!this.current?.isConnected) this.makeCurrent(/** @type {HTMLElement | null} */ ([...this.needs.list.querySelectorAll('.msg[data-seq]')].at(-1) ?? null));
  }

  /** @param {HTMLElement[]} wanted */
  #place(wanted) {
    const { list } = this.needs;
    const keep = new Set(wanted);
    for (const child of [...list.children]) if (!keep.has(/** @type {HTMLElement} */ (child))) child.remove();
    for (const [key, row] of this.rows) if (!keep.has(row)) this.rows.delete(key);
    let at = list.firstElementChild;
    for (const row of wanted) {
      if (row === at) at = row.nextElementSibling;
      else list.insertBefore(row, at);
    }
  }

  /** @param {string} key @param {string} classes @param {string} title */
  #divider(key, classes, title) {
    const row = this.rows.get(key) ?? el('li', { class: classes }, el('h2'));
    this.rows.set(key, row);
    const heading = /** @type {Element} */ (row.firstElementChild);
    if (heading.textContent !== title) heading.textContent = title;
    return row;
  }

  /** @param {number} seq @returns {HTMLElement | null} */
  rowOf(seq) {
    return this.needs.list.querySelector(`.msg[data-seq="${seq}"]`);
  }

  /** The one row that Tab stops at, with what is in it. @param {HTMLElement | null} row */
  makeCurrent(row) {
    if (this.current === row) return;
    for (const [one, index] of /** @type {[HTMLElement | null, number][]} */ ([[this.current, -1], [row, 0]])) {
      if (!one) continue;
      one.tabIndex = index;
      for (const control of one.querySelectorAll('.reaction, .quote')) /** @type {HTMLElement} */ (control).tabIndex = index;
    }
    this.current = row;
  }

  /** @param {Conversation} conversation @param {Line} line @param {boolean} first of its author's group */
  #row(conversation, line, first) {
    const { me, history } = this.needs.rooms;
    const own = line.author.id === me.id;
    const state = this.#stateOf(conversation, line, own);
    const answered = line.reply_to && line.body !== undefined && !line.erasing ? history.quoted(conversation, line.reply_to) : undefined;
    const mentions = !own && line.body !== undefined && mentionsIn(line.body).some(({ username }) => username === me.username);
    const offline = document.body.dataset.net === 'offline';
    const named = [...(line.who ?? [])].map(([emoji, names]) => [emoji, ...names.values()]);
    const barred = line.reactions?.length ? this.actions?.allowed(line).react : null;
    const look = JSON.stringify([first, state, line.state, line.body, line.rev, line.reactions, named, barred, answered, line.erasing, line.refused?.cmid, line.waiting?.why, mentions, Boolean(line.waiting) || line.state ? offline : false, [...(this.usernames ?? [])].length]);
    const row = this.rows.get(line.key) ?? el('li', { tabindex: '-1' });
    this.rows.set(line.key, row);
    if (line.seq) {
      row.dataset.seq = String(line.seq);
      row.id = `m-${line.seq}`;
    }
    if (this.drawn.get(row) === look) return row;
    this.drawn.set(row, look);
    const unsettled = line.waiting || line.state === 'saving' || line.state === 'saving slowly';
    row.className = ['msg', own && 'msg--own', first && 'msg--first', mentions && 'is-mention', state === 'failed' ? 'is-failed' : unsettled && 'is-sending'].filter(Boolean).join(' ');
    const time = timeOfDay(line.ts);
    const stamp = el('time', { datetime: new Date(line.ts).toISOString() }, time);
    const who = answered ? (answered.author.id === me.id ? say('you') : answered.author.name) : '';
    const answers = line.reply_to && line.body !== undefined ? quote(line.reply_to, answered, who, this.needs.jump) : null;
    const parts = [bubble(line, this.usernames ?? new Set(), answers), !line.erasing && reactions(line, me.id, {
      refused: barred ?? null,
      onReact: (emoji, on) => this.actions?.react(line.seq, emoji, on),
      onPick: (anchor) => this.actions?.pick(line.seq, anchor.getBoundingClientRect()),
    }), this.#meta(line, own, state, stamp)];
    const body = own ? el('div', { class: 'msg__body' }, el('span', { class: 'vh' }, `${say('you')}, ${time}`), ...parts)
      : first ? el('div', { class: 'msg__body' }, el('p', { class: 'msg__head' }, el('span', { class: 'msg__who', dir: 'auto' }, line.author.name), ' ', stamp), ...parts)
        : el('div', { class: 'msg__body' }, el('span', { class: 'vh' }, `${line.author.name}, ${time}`), ...parts);
    this.#fill(row, [!own && first && personAvatar(line.author), body]);
    return row;
  }

  /** Puts new content into a row; what had focus in it has it again. @param {HTMLElement} row @param {any[]} content */
  #fill(row, content) {
    const hadTools = Boolean(this.actions && row.contains(this.actions.tools));
    const active = /** @type {HTMLElement | null} */ (row.contains(document.activeElement) && row !== document.activeElement ? document.activeElement : null);
    row.replaceChildren(...content.filter(Boolean));
    const index = row === this.current ? 0 : -1;
    for (const control of row.querySelectorAll('.reaction, .quote')) /** @type {HTMLElement} */ (control).tabIndex = index;
    this.actions?.redrawn(row, hadTools);
    if (!active) return;
    const again = active.dataset.key ? [...row.querySelectorAll('[data-key]')].find((one) => /** @type {HTMLElement} */ (one).dataset.key === active.dataset.key) : null;
    /** @type {HTMLElement} */ (again ?? row).focus({ preventScroll: true });
  }

  /** @param {Conversation} conversation @param {Line} line @param {boolean} own */
  #stateOf({ reads, kind, members }, line, own) {
    if (line.waiting) return line.waiting.failed ? 'failed' : line.waiting.slow ? 'slow' : 'sending';
    if (!own) return '';
    const seen = [...reads.values()].filter((seq) => seq >= line.seq).length;
    if (seen && kind === 'direct') return 'read';
    return seen && seen >= members - 1 ? 'read by everyone' : 'sent';
  }

  /** What stands under a message: only what the server has said. @param {Line} line @param {boolean} own @param {string} state @param {Node} stamp */
  #meta(line, own, state, stamp) {
    const offline = document.body.dataset.net === 'offline';
    if (line.erasing || line.state === 'deleting') {
      return el('span', { class: 'msg__meta' }, line.erasing || !offline ? say('rows.still-there') : say('rows.still-there-offline'), ' ',
        line.erasing && el('button', { class: 'btn btn--line btn--sm', type: 'button', dataset: { key: 'undo' }, onclick: () => undo.back() }, say('rows.undo')));
    }
    if (line.refused) return this.#refused(line);
    const { waiting } = line;
    if (waiting?.failed) {
      return el('span', { class: 'msg__meta' }, icon('alert'), ` ${say('rows.not-sent', { why: waiting.why })} `,
        el('button', { class: 'btn btn--bad-line btn--sm', type: 'button', onclick: () => this.needs.rooms.outbox.retry(waiting.cmid) }, icon('retry', 'icon icon--sm'), ` ${say('try-again')}`), ' ',
        el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => this.needs.dropUnsent(waiting.cmid) }, say('rows.erase')));
    }
    if (waiting) return el('span', { class: 'msg__meta' }, stamp, ' ', icon('clock'), state === 'slow' ? say('rows.sending') : el('span', { class: 'vh' }, say('rows.waiting')));
    if (line.state.startsWith('saving')) {
      const said = offline ? say('rows.saving-offline') : line.state === 'saving slowly' ? say('rows.saving') : el('span', { class: 'vh' }, say('rows.saving-vh'));
      return el('span', { class: 'msg__meta' }, stamp, ' ', icon('clock'), ' ', said);
    }
    const edited = editedMark(line);
    if (!own) return edited ? el('span', { class: 'msg__meta' }, edited) : null;
    const read = state.startsWith('read');
    return el('span', { class: `msg__meta${read ? ' msg__meta--read' : ''}` }, edited && `${edited} `, stamp, ' ', icon(read ? 'check-double' : 'check'),
      el('span', { class: 'vh' }, state === 'read' ? say('rows.read') : read ? say('rows.read-by-all') : say('rows.sent')));
  }

  /** A change that the server did not take: the text typed is kept until its author decides. @param {Line} line */
  #refused(line) {
    const { deeds } = this.needs.rooms;
    const { cmid, code, why, d } = line.refused;
    const again = () => {
      deeds.remove(cmid);
      deeds.edit(this.needs.id, line, d.body);
    };
    return el('div', { class: 'msg__refused' }, el('p', {}, icon('alert', 'icon icon--sm'), ' ', code === 'rev_conflict' ? say('rows.conflict') : say('rows.not-saved', { why })),
      el('p', { class: 'small' }, el('strong', {}, say('rows.yours')), ' ', el('span', { dir: 'auto' }, d.body)),
      el('p', { class: 'row' }, el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick: again }, code === 'rev_conflict' ? say('rows.save-mine') : say('try-again')),
        el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => {
          deeds.remove(cmid);
          this.needs.editAgain(line, d.body);
        } }, say('rows.edit-mine')),
        el('button', { class: 'btn btn--quiet btn--sm', type: 'button', onclick: () => deeds.remove(cmid) }, say('rows.discard'))));
  }
}

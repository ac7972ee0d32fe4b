// The field for writing: Enter sends, Shift+Enter makes a line; what it answers or changes stands above it. All of
// it is kept with its conversation.

import { announce, el, icon } from './dom.js';
import { Draft } from './drafts.js';
import { openPicker } from './picker.js';
import { say } from './words.js';

const MOST = 4_000;
const NEAR = 200;
const TICK_MS = 500;
const GROWS_BY_ITSELF = CSS.supports('field-sizing', 'content');

/**
 * @typedef {object} Needs
 * @property {string} room
 * @property {string} account
 * @property {(body: string, reply: number | null) => void} send
 * @property {(change: {seq: number, rev: number}, body: string) => void} save
 * @property {() => void} typing
 * @property {() => void} editLast
 * @property {(seq: number) => {name: string, own: boolean, text: string} | null} quoted what is known of a message that is answered
 * @property {(mode: 'write' | 'edit') => string} held why nothing can be sent now; empty if it can
 */

export class Composer {
  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    this.drafts = new Draft(needs.account, needs.room);
    const draft = this.drafts.read();
    /** Whether a word is being put together, by keys that are not its letters. */
    this.isComposing = false;
    this.reply = draft.reply;
    this.edit = draft.edit;
    this.name = '';
    this.above = el('div', { class: 'composer__reply', hidden: true });
    this.field = el('textarea', { id: 'write', rows: '1', placeholder: say('composer.hint'), dir: 'auto', 'aria-describedby': 'hold count' });
    this.count = el('p', { class: 'composer__count num', id: 'count', hidden: true });
    this.hold = el('p', { class: 'composer__hold num', id: 'hold', hidden: true });
    this.button = el('button', { class: 'icon-btn icon-btn--act', type: 'submit', 'aria-label': say('composer.send') }, icon('send'));
    const smile = el('button', { class: 'icon-btn', type: 'button', 'aria-label': say('composer.emoji'), 'aria-haspopup': 'dialog', onclick: () => this.#pick(smile) }, icon('smile'));
    this.form = el('form', { class: 'composer', 'aria-label': say('composer.form') }, this.above, this.hold,
      el('div', { class: 'composer__row' }, this.field, smile, this.button), this.count);
    this.field.value = draft.text;
    this.field.addEventListener('input', () => {
      this.#typed();
      if (this.field.value.trim() && !this.edit) needs.typing();
    });
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => this.#key(event));
    this.form.addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
      this.field.focus();
    });
    for (const [kind, on] of /** @type {[string, boolean][]} */ ([['compositionstart', true], ['compositionend', false]])) this.field.addEventListener(kind, () => (this.isComposing = on));
    this.drafts.follow(() => !this.isComposing, (now) => this.#take(now));
    this.timer = window.setInterval(() => this.drawHold(), TICK_MS);
    this.draw();
    this.#typed();
  }

  /** @param {string} name */
  setName(name) {
    this.name = name;
    this.field.setAttribute('aria-label', say('composer.field', { name }));
  }

  focus() {
    this.field.focus();
  }

  close() {
    window.clearInterval(this.timer);
    this.drafts.close();
  }

  /** What is written next answers this. @param {number} seq */
  answer(seq) {
    if (this.edit) this.stop();
    this.reply = seq;
    this.draw();
    this.#keep();
    this.focus();
  }

  /** Changes a message of one's own, or goes on with a change that was not saved. @param {{seq: number, rev?: number, body?: string}} message @param {string} [text] */
  change({ seq, rev, body }, text) {
    if (this.edit) this.stop();
    this.edit = { seq, rev: rev ?? 1, was: body ?? '', beside: this.field.value };
    this.field.value = text ?? body ?? '';
    this.draw();
    this.#typed();
    this.focus();
    this.field.setSelectionRange(this.field.value.length, this.field.value.length);
  }

  /** Ends answering or changing; what stood in the field before comes back. */
  stop() {
    if (this.edit) {
      this.field.value = this.edit.beside;
      this.edit = null;
    } else this.reply = null;
    this.draw();
    this.#typed();
    this.focus();
  }

  /** The message is gone: nothing is left to answer or to change in it. @param {number} seq */
  forget(seq) {
    if (this.edit?.seq === seq || (!this.edit && this.reply === seq)) this.stop();
  }

  #keep() {
    this.drafts.keep({ text: this.field.value, reply: this.reply, edit: this.edit });
  }

  /** What another tab has made of it. @param {import('./drafts.js').Written} draft */
  #take({ text, reply, edit }) {
    Object.assign(this, { reply, edit });
    this.field.value = text;
    this.draw();
    this.#measure();
  }

  /** What stands above the field, and what the button does. */
  draw() {
    const { edit, reply } = this;
    const quoted = edit ? { name: '', own: true, text: edit.was } : reply === null ? null : this.needs.quoted(reply) ?? { name: '…', own: false, text: '' };
    this.above.hidden = !quoted;
    this.button.setAttribute('aria-label', edit ? say('composer.save') : say('composer.send'));
    const sign = edit ? 'check' : 'send';
    if (this.button.dataset.sign !== sign) this.button.replaceChildren(icon(sign));
    this.button.dataset.sign = sign;
    if (quoted) {
      const title = edit ? say('composer.editing') : quoted.own ? say('composer.replying-self') : say('composer.replying-to', { name: quoted.name });
      const content = `${title}\n${quoted.text}`;
      if (this.above.dataset.content !== content) {
        this.above.replaceChildren(el('span', { class: 'grow truncate', dir: 'auto' }, el('strong', {}, title), el('br'), quoted.text),
          el('button', { class: 'icon-btn icon-btn--sm', type: 'button', 'aria-label': edit ? say('composer.stop-editing') : say('composer.stop-replying'), onclick: () => this.stop() }, icon('close')));
        this.above.dataset.content = content;
      }
    }
    this.drawHold();
  }

  /** Why nothing can be sent, with the time that is left. */
  drawHold() {
    const sentence = this.needs.held(this.edit ? 'edit' : 'write');
    if (this.hold.dataset.sentence === sentence) return;
    this.hold.dataset.sentence = sentence;
    this.hold.hidden = !sentence;
    this.hold.replaceChildren(...(sentence ? [icon('clock', 'icon icon--sm'), el('span', { dir: 'auto' }, sentence)] : []));
    if (sentence) {
      this.button.setAttribute('aria-disabled', 'true');
      this.button.setAttribute('aria-describedby', 'hold');
    } else {
      this.button.removeAttribute('aria-disabled');
      this.button.removeAttribute('aria-describedby');
    }
  }

  /** @param {HTMLElement} anchor */
  #pick(anchor) {
    openPicker({ purpose: 'insert', host: /** @type {HTMLElement} */ (this.form.parentElement), at: anchor.getBoundingClientRect(), back: () => this.field, onChoose: (emoji) => {
      this.field.focus();
      this.field.setRangeText(emoji, this.field.selectionStart, this.field.selectionEnd, 'end');
      this.#typed();
    } });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && (this.edit || this.reply !== null)) {
      event.preventDefault();
      event.stopPropagation();
      this.stop();
    } else if (event.key === 'ArrowUp' && !this.field.value && !this.edit && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.needs.editLast();
    }
  }

  #typed() {
    this.#keep();
    this.#measure();
  }

  #measure() {
    if (!GROWS_BY_ITSELF) {
      this.field.style.setProperty('height', 'auto');
      this.field.style.setProperty('height', `${this.field.scrollHeight}px`);
    }
    const left = MOST - [...this.field.value].length;
    this.count.hidden = left > NEAR;
    this.count.classList.toggle('is-over', left < 0);
    this.count.textContent = left >= 0 ? say('composer.left', { n: left }) : say('composer.over', { n: -left });
    if (left < 0) this.field.setAttribute('aria-invalid', 'true');
    else this.field.removeAttribute('aria-invalid');
  }

  #submit() {
    const body = this.field.value.replaceAll('\0', '');
    const { edit, reply } = this;
    if ([...body].length > MOST) return;
    if (!body.trim()) {
      if (edit) announce(say('composer.emptied'));
      return;
    }
    const sentence = this.needs.held(edit ? 'edit' : 'write');
    if (sentence) {
      announce(sentence);
      return;
    }
    if (edit) {
      this.stop();
      if (body !== edit.was) this.needs.save(edit, body);
      return;
    }
    this.field.value = '';
    this.reply = null;
    this.draw();
    this.#typed();
    this.needs.send(body, reply);
  }
}

// The field for writing: Enter sends, Shift+Enter makes a line, a draft stays with its conversation.

import { el, figure, icon } from './dom.js';

const MOST = 4_000;
const NEAR = 200;
const GROWS_BY_ITSELF = CSS.supports('field-sizing', 'content');

export class Composer {
  /**
   * @param {string} room
   * @param {string} account
   * @param {(body: string) => void} send
   */
  constructor(room, account, send) {
    this.draftKey = `allthrive.draft.${account}.${room}`;
    this.send = send;
    this.field = el('textarea', { id: 'write', rows: '1', placeholder: 'Write a message', dir: 'auto', 'aria-describedby': 'count' });
    this.count = el('p', { class: 'composer__count num', id: 'count', hidden: true });
    this.form = el('form', { class: 'composer', 'aria-label': 'Write a message' },
      el('div', { class: 'composer__row' }, this.field,
        el('button', { class: 'icon-btn icon-btn--act', type: 'submit', 'aria-label': 'Send' }, icon('send'))),
      this.count);
    this.field.value = sessionStorage.getItem(this.draftKey) ?? '';
    this.field.addEventListener('input', () => this.#typed());
    this.field.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#submit();
    });
    this.form.addEventListener('submit', (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#submit();
      this.field.focus();
    });
    this.#typed();
  }

  /** @param {string} name */
  setName(name) {
    this.field.setAttribute('aria-label', `Message ${name}`);
  }

  focus() {
    this.field.focus();
  }

  close() {
    this.#keepDraft();
  }

  #keepDraft() {
    if (this.field.value) sessionStorage.setItem(this.draftKey, this.field.value);
    else sessionStorage.removeItem(this.draftKey);
  }

  #typed() {
    this.#keepDraft();
    if (!GROWS_BY_ITSELF) {
      this.field.style.setProperty('height', 'auto');
      this.field.style.setProperty('height', `${this.field.scrollHeight}px`);
    }
    const left = MOST - [...this.field.value].length;
    this.count.hidden = left > NEAR;
    this.count.classList.toggle('is-over', left < 0);
    this.count.textContent = left >= 0 ? `${figure(left)} characters left` : `${figure(-left)} characters too long`;
    if (left < 0) this.field.setAttribute('aria-invalid', 'true');
    else this.field.removeAttribute('aria-invalid');
  }

  #submit() {
    const body = this.field.value;
    if (!body.trim() || [...body].length > MOST) return;
    this.field.value = '';
    this.#typed();
    this.send(body.replaceAll('\0', ''));
  }
}

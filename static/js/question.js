// A step that ends something asks first: what will happen, then two buttons that each say what they do.

import { announce, el, icon } from './dom.js';
import { CommandError } from './client.js';
import { failureWords } from './form.js';
import { reasonOf } from './reason.js';
import { Refused, uuid } from './session.js';
import { say } from './words.js';

/** @param {unknown} error @returns {string} */
function sentenceOf(error) {
  if (error instanceof Refused) return failureWords(error).join(' ').trim();
  if (!(error instanceof CommandError)) throw error;
  if (error.code === 'connection_lost') return say('question.offline');
  return ['rate_limited', 'unavailable', 'overloaded'].includes(error.code) ? say('question.later') : reasonOf(error.code, error.message);
}

/**
 * A key for a write that stays the same while what is asked stays the same, so that a second press after
 * a lost answer does not do it twice.
 */
export function steadyKey() {
  let asked = '';
  let key = '';
  return (/** @type {any} */ body) => {
    const now = JSON.stringify(body);
    if (now !== asked) [asked, key] = [now, uuid()];
    return key;
  };
}

/**
 * @param {object} question
 * @param {string} question.title
 * @param {string} question.text what will happen
 * @param {string} question.verb on the button that does it
 * @param {string} question.keep on the button that leaves all as it is
 * @param {string} question.busy on the first one while it is done
 * @param {boolean} [question.bad] whether it takes something away
 * @param {(Node | false)[]} [question.fields]
 * @param {(form: HTMLFormElement) => Promise<string>} question.work resolves to what is said of it
 */
export function ask({ title, text, verb, keep, busy, bad = true, fields = [], work }) {
  const said = el('p', { class: 'field__error', role: 'alert' });
  const go = el('button', { class: `btn ${bad ? 'btn--bad' : 'btn--act'}`, type: 'submit' }, verb);
  const stay = el('button', { class: 'btn btn--line', type: 'button', onclick: () => dialog.close() }, keep);
  const form = el('form', { novalidate: true, 'aria-labelledby': 'dialog-title' },
    el('div', { class: 'dialog__body' }, el('h2', { id: 'dialog-title', tabindex: '-1', dir: 'auto' }, title), el('p', { class: 'quiet', id: 'dialog-text' }, text), ...fields, said),
    el('div', { class: 'dialog__foot' }, stay, go));
  const dialog = el('dialog', { class: 'dialog', 'aria-labelledby': 'dialog-title', 'aria-describedby': 'dialog-text' }, form);
  dialog.addEventListener('close', () => dialog.remove());
  let isBusy = false;
  form.addEventListener('submit', async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    said.replaceChildren();
    go.setAttribute('aria-disabled', 'true');
    go.replaceChildren(icon('retry'), busy);
    go.classList.add('is-busy');
    try {
      const sentence = await work(form);
      dialog.close();
      announce(sentence);
    } catch (error) {
      said.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, sentenceOf(error)));
    }
    isBusy = false;
    go.classList.remove('is-busy');
    go.removeAttribute('aria-disabled');
    go.replaceChildren(verb);
  });
  document.body.append(dialog);
  dialog.showModal();
  (fields.length ? form.querySelector('input:checked, input, select, textarea') : stay).focus();
  return dialog;
}

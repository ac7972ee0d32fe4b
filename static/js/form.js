// What the forms share: errors on submit with a summary, a busy button, a password that can be shown.

import { byId, el, icon } from './dom.js';
import { say } from './words.js';

/** @typedef {{field: string, message: string, link?: string}} Fault */

const titleAtFirst = document.title;

/** On a page of its own a form's trouble shows in the title; in a dialog the title is not the form's. @param {HTMLFormElement} form @param {boolean} wrong */
function mark(form, wrong) {
  if (form.closest('dialog')) return;
  const key = document.querySelector('title')?.dataset.words;
  const title = key ? say(/** @type {'signin.page'} */ (key)) : titleAtFirst;
  document.title = wrong ? say('page.error', { name: title }) : title;
}

/** Takes away what an earlier submit said. @param {HTMLFormElement} form */
export function clearFaults(form) {
  mark(form, false);
  document.getElementById('summary')?.remove();
  for (const error of form.querySelectorAll('.field__error')) error.remove();
  for (const input of form.querySelectorAll('[aria-invalid]')) {
    input.removeAttribute('aria-invalid');
    describe(input, `${input.id}-err`, false);
  }
}

/**
 * Says what is to be fixed: the title, a summary with a link for each field and the focus, and the same
 * words at the field.
 * @param {HTMLFormElement} form
 * @param {Fault[]} faults
 */
export function showFaults(form, faults) {
  clearFaults(form);
  mark(form, true);
  const n = faults.length;
  const count = n === 2 ? say('form.faults-2') : n === 3 ? say('form.faults-3') : say('form.faults', { n });
  const summary = el('div', { class: 'summary', role: 'alert', tabindex: '-1', id: 'summary' },
    el('h2', {}, icon('alert'), ` ${count}`),
    el('ul', {}, ...faults.map((fault) => el('li', {}, el('a', { href: `#${fault.field}` }, fault.message)))));
  summary.addEventListener('click', (/** @type {MouseEvent} */ event) => {
    const link = /** @type {Element} */ (event.target).closest('a');
    if (!link) return;
    event.preventDefault();
    byId(link.hash.slice(1)).focus();
  });
  form.before(summary);
  for (const fault of faults) {
    const input = byId(fault.field);
    if (input.getAttribute('aria-invalid')) continue;
    input.setAttribute('aria-invalid', 'true');
    describe(input, `${input.id}-err`, true);
    const words = el('span', {}, el('span', { class: 'vh' }, `${say('form.error')} `), fault.message);
    (input.closest('.input-wrap') ?? input).before(el('p', { class: 'field__error', id: `${input.id}-err` }, icon('alert', 'icon icon--sm'), words));
  }
  // One thing is mended where it stands; of several the summary tells first.
  const [first] = faults;
  if (faults.length === 1) byId(first.field).focus();
  else summary.focus();
}

/** @param {Element} input @param {string} id @param {boolean} on */
function describe(input, id, on) {
  const ids = new Set((input.getAttribute('aria-describedby') ?? '').split(' ').filter(Boolean));
  if (on) ids.add(id);
  else ids.delete(id);
  if (ids.size) input.setAttribute('aria-describedby', [...ids].join(' '));
  else input.removeAttribute('aria-describedby');
}

/**
 * A note above the form, read at once.
 * @param {HTMLFormElement} form
 * @param {string} strong
 * @param {...(Node|string)} rest
 */
export function showNote(form, strong, ...rest) {
  clearFaults(form);
  mark(form, true);
  const note = el('div', { class: 'note note--warn', role: 'alert', tabindex: '-1', id: 'summary' },
    icon('alert'), el('div', { class: 'stack stack--sm grow' }, el('p', {}, el('strong', {}, strong), ' ', ...rest.filter((part) => typeof part === 'string')),
      ...rest.filter((part) => typeof part !== 'string')));
  form.before(note);
  note.focus();
  return note;
}

/** The page is another one from now on, by this name. @param {string} name */
export function entitle(name) {
  delete document.querySelector('title')?.dataset.words;
  document.title = say('page.title', { name });
}

/**
 * What a failure says when it belongs to no field.
 * @param {any} error
 * @returns {[string, string]} a strong sentence and the rest
 */
export function failureWords(error) {
  if (error.isOffline) return [say('failure.offline'), say('failure.offline-more')];
  if (error.status === 429) {
    const minutes = Math.ceil((error.afterSeconds ?? 0) / 60);
    return [say('failure.often'), minutes ? say('failure.often-minutes', { n: minutes }) : say('failure.often-later')];
  }
  const more = [say('failure.server-more'), error.requestId && say('failure.request', { id: error.requestId })].filter(Boolean).join(' ');
  if (error.status >= 500 || !error.status) return [say('failure.server'), more];
  return [error.message, ''];
}

/**
 * Runs `work` on submit, once at a time; meanwhile the button says so.
 * @param {HTMLFormElement} form
 * @param {() => string} busyWords
 * @param {() => Promise<void>} work
 */
export function onSubmit(form, busyWords, work) {
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('[type="submit"]'));
  let busy = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    const words = [...button.childNodes];
    button.classList.add('is-busy');
    button.setAttribute('aria-disabled', 'true');
    button.replaceChildren(icon('retry'), busyWords());
    try {
      await work();
    } finally {
      busy = false;
      button.classList.remove('is-busy');
      button.removeAttribute('aria-disabled');
      button.replaceChildren(...words);
    }
  });
}

/** Says while one types a password that Caps Lock is on. @param {HTMLInputElement} input */
function tellCapsLock(input) {
  const said = el('p', { class: 'field__help', role: 'status' });
  (input.closest('.input-wrap') ?? input).after(said);
  const hear = (/** @type {KeyboardEvent | MouseEvent} */ event) => {
    const on = event.getModifierState?.('CapsLock') ?? false;
    if (on === (said.childNodes.length > 0)) return;
    said.replaceChildren(...(on ? [el('span', { class: 'row' }, icon('up', 'icon icon--sm'), say('form.caps'))] : []));
  };
  for (const kind of ['keydown', 'keyup', 'mousedown']) input.addEventListener(kind, /** @type {any} */ (hear));
  input.addEventListener('blur', () => said.replaceChildren());
}

/** Lets the eye button of a password field show what was typed, and says when Caps Lock is on. */
export function wirePasswordButtons() {
  for (const button of document.querySelectorAll('[data-shows]')) {
    const input = byId(/** @type {HTMLElement} */ (button).dataset.shows ?? '');
    tellCapsLock(input);
    button.addEventListener('click', () => {
      const shown = input.type === 'text';
      input.type = shown ? 'password' : 'text';
      button.setAttribute('aria-pressed', String(!shown));
      button.replaceChildren(icon(shown ? 'eye' : 'eye-off'));
    });
  }
}

/**
 * A button that sends the verification mail again and counts down until the next time, with a line that
 * says what became of it.
 * @param {() => Promise<string>} send resolves to what is to be said
 * @param {boolean} justSent whether a mail left a moment ago
 */
export function resendPart(send, justSent) {
  const PAUSE_S = 60;
  const button = el('button', { class: 'btn btn--line', type: 'button' }, say('form.resend'));
  const said = el('p', { class: 'small', role: 'status' });
  let left = 0;
  const wait = (/** @type {number} */ seconds) => {
    left = seconds;
    button.setAttribute('aria-disabled', 'true');
    button.textContent = say('form.resend-in', { seconds: left });
    const timer = window.setInterval(() => {
      left -= 1;
      button.textContent = left > 0 ? say('form.resend-in', { seconds: left }) : say('form.resend');
      if (left > 0) return;
      window.clearInterval(timer);
      button.removeAttribute('aria-disabled');
    }, 1000);
  };
  button.addEventListener('click', async () => {
    if (left > 0) return;
    try {
      said.textContent = await send();
      wait(PAUSE_S);
    } catch (error) {
      said.textContent = failureWords(error).join(' ');
    }
  });
  if (justSent) wait(PAUSE_S);
  return el('div', { class: 'stack stack--sm' }, el('div', { class: 'row' }, button), said);
}

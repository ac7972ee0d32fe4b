// The page behind the link in the mail. Opening it changes nothing; the button uses the link up.

import { byId, el, icon } from './dom.js';
import { failureWords, onSubmit, showFaults, showNote } from './form.js';
import { Refused, resend, verify } from './session.js';

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';

/** @param {string} title @param {string} art @param {string} kind @param {...any} rest */
function show(title, art, kind, ...rest) {
  document.title = `${title} – AllThrive`;
  const heading = el('h1', { tabindex: '-1' }, title);
  byId('content').replaceChildren(el('div', { class: 'state' }, el('span', { class: `state__art ${kind}` }, icon(art, 'icon icon--xl')), heading, ...rest));
  heading.focus();
}

/** @param {string} username */
function showDone(username) {
  history.replaceState(null, '', location.pathname);
  show(`Confirmed. Welcome, ${username}`, 'check', 'state__art--good', el('p', {}, 'You can sign in and write now.'),
    el('a', { class: 'btn btn--act', href: `/signin?login=${encodeURIComponent(username)}` }, 'Sign in'));
}

function showSpent() {
  const field = el('div', { class: 'field' },
    el('label', { class: 'field__label', for: 'email' }, 'E-mail'),
    el('div', { class: 'input-wrap' }, el('input', { class: 'input', id: 'email', type: 'email', autocomplete: 'email' })));
  const form = el('form', { class: 'stack', novalidate: true, 'aria-label': 'Send a new link' }, field,
    el('button', { class: 'btn btn--act btn--wide', type: 'submit' }, 'Send a new link'));
  show('This link does not work any more', 'clock', 'state__art--warn',
    el('p', {}, 'It was used before, has run out, or a newer one was sent. If you have confirmed already, just ', el('a', { href: '/signin' }, 'sign in'), '.'), form);
  onSubmit(form, 'Sending…', async () => {
    const address = byId('email').value.trim();
    if (!address.includes('@')) {
      showFaults(form, [{ field: 'email', message: 'Write the e-mail address you signed up with.' }]);
      return;
    }
    try {
      await resend(address);
      show('Look into your mail', 'mail', '', el('p', {}, 'If ', el('strong', {}, address), ' waits for a confirmation, a new link is on its way. The newest mail counts.'));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const [strong, rest] = failureWords(error);
      showNote(form, strong, rest);
    }
  });
}

if (token) {
  const form = byId('form');
  onSubmit(form, 'Confirming…', async () => {
    try {
      showDone((await verify(token)).username);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status >= 400 && error.status < 500 && error.status !== 429) showSpent();
      else {
        const [strong, rest] = failureWords(error);
        showNote(form, strong, rest);
      }
    }
  });
} else showSpent();

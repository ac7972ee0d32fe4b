// The page behind the link in the mail. Opening it changes nothing; the button uses the link up.

import { byId, el, icon } from './dom.js';
import { entitle, failureWords, onSubmit, showFaults, showNote } from './form.js';
import { Refused, resend, verify } from './session.js';
import { parts, say } from './words.js';

const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? '';

/** @param {string} title @param {string} art @param {string} kind @param {...any} rest */
function show(title, art, kind, ...rest) {
  entitle(title);
  const heading = el('h1', { tabindex: '-1' }, title);
  byId('content').replaceChildren(el('div', { class: 'state' }, el('span', { class: `state__art ${kind}` }, icon(art, 'icon icon--xl')), heading, ...rest));
  heading.focus();
}

/** @param {string} username */
function showDone(username) {
  history.replaceState(null, '', location.pathname);
  show(say('verify.done', { name: username }), 'check', 'state__art--good', el('p', {}, say('verify.done-more')),
    el('a', { class: 'btn btn--act', href: `/signin?login=${encodeURIComponent(username)}` }, say('sign-in')));
}

function showSpent() {
  const field = el('div', { class: 'field' },
    el('label', { class: 'field__label', for: 'email' }, say('form.email')),
    el('div', { class: 'input-wrap' }, el('input', { class: 'input', id: 'email', type: 'email', autocomplete: 'email' })));
  const form = el('form', { class: 'stack', novalidate: true, 'aria-label': say('verify.new-link') }, field,
    el('button', { class: 'btn btn--act btn--wide', type: 'submit' }, say('verify.new-link')));
  show(say('verify.spent'), 'clock', 'state__art--warn',
    el('p', {}, ...parts('verify.spent-more', { link: el('a', { href: '/signin' }, say('verify.spent-sign-in')) })), form);
  onSubmit(form, () => say('verify.new-busy'), async () => {
    const address = byId('email').value.trim();
    if (!address.includes('@')) {
      showFaults(form, [{ field: 'email', message: say('verify.no-email') }]);
      return;
    }
    try {
      await resend(address);
      show(say('verify.sent'), 'mail', '', el('p', {}, ...parts('verify.sent-more', { email: el('strong', {}, address) })));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const [strong, rest] = failureWords(error);
      showNote(form, strong, rest);
    }
  });
}

if (token) {
  const form = byId('form');
  onSubmit(form, () => say('verify.busy'), async () => {
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

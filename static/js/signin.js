// The sign-in page. A wrong name and a wrong password read the same; an unconfirmed e-mail offers the mail.

import { byId, el } from './dom.js';
import { failureWords, onSubmit, resendPart, showFaults, showNote, wirePasswordButtons } from './form.js';
import { Refused, nextPath, resend, signIn } from './session.js';

const form = byId('form');
const login = byId('login');
const password = byId('password');

/** Offers the verification mail again, to the address that was typed or is asked for here. */
function showUnverified() {
  const typed = login.value.trim();
  const known = typed.includes('@');
  const field = el('div', { class: 'field' },
    el('label', { class: 'field__label', for: 'resend-email' }, 'Your e-mail'),
    el('input', { class: 'input', id: 'resend-email', type: 'email', autocomplete: 'email' }));
  const again = resendPart(async () => {
    const address = known ? typed : byId('resend-email').value.trim();
    if (!address) return '';
    await resend(address);
    return 'If that address waits for a confirmation, a new mail is on its way.';
  }, false);
  showNote(form, 'Confirm your e-mail first.', 'Open the link in the mail we sent when you signed up. Nothing there? We can send it again.',
    ...(known ? [again] : [field, again]));
}

onSubmit(form, 'Signing in…', async () => {
  const wrong = [];
  if (!login.value.trim()) wrong.push({ field: 'login', message: 'Write your user name or e-mail.' });
  if (!password.value) wrong.push({ field: 'password', message: 'Write your password.' });
  if (wrong.length) {
    showFaults(form, wrong);
    return;
  }
  try {
    await signIn(login.value.trim(), password.value);
    location.replace(nextPath(location.search));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    password.value = '';
    if (error.code.includes('verif')) showUnverified();
    else if (error.status === 401 || error.status === 400 || error.status === 422) {
      showNote(form, 'That did not match.', 'Check the name and the password and try again. After a few tries we pause sign-in for a while.');
    } else {
      const [strong, rest] = failureWords(error);
      showNote(form, strong, rest);
    }
  }
});

const named = new URLSearchParams(location.search).get('login');
if (named) login.value = named;
(named ? password : login).focus();
wirePasswordButtons();

// The sign-in page. A wrong name and a wrong password read the same; an unconfirmed e-mail offers the mail.

import { byId, el, icon } from './dom.js';
import { failureWords, onSubmit, resendPart, showFaults, showNote, wirePasswordButtons } from './form.js';
import { Refused, call, nextPath, resend, signIn, signOut } from './session.js';

const form = byId('form');
const login = byId('login');
const password = byId('password');

/**
 * The password was right and the address is not confirmed yet: says so and offers the mail again.
 * @param {{email: string | null, email_verified: boolean}} me
 */
function showUnconfirmed(me) {
  document.title = 'Confirm your e-mail – AllThrive';
  const said = el('p', { class: 'small', role: 'status' });
  const go = async () => {
    try {
      if ((await call('GET', 'me')).email_verified) location.replace(nextPath(location.search));
      else said.textContent = 'Not confirmed yet. Open the link in the newest mail first.';
    } catch (error) {
      said.textContent = failureWords(error).join(' ');
    }
  };
  const leave = async () => {
    try {
      await signOut();
      location.replace('/signin');
    } catch (error) {
      said.textContent = failureWords(error).join(' ');
    }
  };
  const heading = el('h1', { tabindex: '-1' }, 'Confirm your e-mail first');
  byId('content').replaceChildren(el('div', { class: 'state' }, el('span', { class: 'state__art' }, icon('mail', 'icon icon--xl')), heading,
    el('p', {}, 'Open the link in the mail we sent to ', el('strong', {}, me.email ?? 'your address'), '. It works for 24 hours.'),
    me.email && resendPart(async () => {
      await resend(me.email ?? '');
      return 'Sent a new one. The newest mail counts.';
    }, false),
    el('div', { class: 'row row--wrap' }, el('button', { class: 'btn btn--act', type: 'button', onclick: go }, 'I have confirmed it'),
      el('button', { class: 'btn btn--quiet', type: 'button', onclick: leave }, 'Sign out')), said));
  heading.focus();
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
    const me = await signIn(login.value.trim(), password.value);
    if (me.email_verified) location.replace(nextPath(location.search));
    else showUnconfirmed(me);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    password.value = '';
    if (error.status === 401 || error.status === 400 || error.status === 422) {
      showNote(form, 'That did not match.', 'Check the name and the password and try again. After a few tries we pause sign-in for a while.');
    } else {
      const [strong, rest] = failureWords(error);
      showNote(form, strong, rest);
    }
  }
});

// The chat page sends here whoever is signed in and has not confirmed.
if (new URLSearchParams(location.search).has('confirm')) call('GET', 'me').then(showUnconfirmed, () => {});

const named = new URLSearchParams(location.search).get('login');
if (named) login.value = named;
(named ? password : login).focus();
wirePasswordButtons();

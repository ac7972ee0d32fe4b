// The sign-in page. A wrong name and a wrong password read the same; an unconfirmed e-mail offers the mail.

import { byId, el, icon } from './dom.js';
import { entitle, failureWords, onSubmit, resendPart, showFaults, showNote, wirePasswordButtons } from './form.js';
import { Refused, call, nextPath, resend, signIn, signOut } from './session.js';
import { parts, say } from './words.js';

const form = byId('form');
const login = byId('login');
const password = byId('password');

/**
 * The password was right and the address is not confirmed yet: says so and offers the mail again.
 * @param {{email: string | null, email_verified: boolean}} me
 */
function showUnconfirmed(me) {
  entitle(say('signin.confirm-page'));
  const said = el('p', { class: 'small', role: 'status' });
  const go = async () => {
    try {
      if ((await call('GET', 'me')).email_verified) location.replace(nextPath(location.search));
      else said.textContent = say('signin.not-yet');
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
  const heading = el('h1', { tabindex: '-1' }, say('signin.confirm'));
  byId('content').replaceChildren(el('div', { class: 'state' }, el('span', { class: 'state__art' }, icon('mail', 'icon icon--xl')), heading,
    el('p', {}, ...parts('signin.confirm-more', { email: el('strong', {}, me.email ?? say('signin.your-address')) })),
    me.email && resendPart(async () => {
      await resend(me.email ?? '');
      return say('signin.sent');
    }, false),
    el('div', { class: 'row row--wrap' }, el('button', { class: 'btn btn--act', type: 'button', onclick: go }, say('signin.confirmed')),
      el('button', { class: 'btn btn--quiet', type: 'button', onclick: leave }, say('sign-out'))), said));
  heading.focus();
}

onSubmit(form, () => say('signin.busy'), async () => {
  const wrong = [];
  if (!login.value.trim()) wrong.push({ field: 'login', message: say('signin.no-login') });
  if (!password.value) wrong.push({ field: 'password', message: say('signin.no-password') });
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
      showNote(form, say('signin.wrong'), say('signin.wrong-more'));
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

// The sign-up page: three fields, errors on submit, then "check your mail".

import { byId, el, icon } from './dom.js';
import { entitle, failureWords, onSubmit, resendPart, showFaults, showNote, wirePasswordButtons } from './form.js';
import { passwordMeter } from './meter.js';
import { Refused, resend, signUp } from './session.js';
import { MIN_PASSWORD, holdsOwnPart, ownParts, strengthOf } from './strength.js';
import { parts, say } from './words.js';

const form = byId('form');
const value = (/** @type {string} */ id) => byId(id).value;
const length = (/** @type {string} */ text) => [...text].length;

const meter = passwordMeter();
byId('rules').before(meter.node);

const own = () => ownParts(value('username'), value('email'));

/** @param {string} rule @param {'' | 'is-ok' | 'is-not'} state @param {string} [words] */
function mark(rule, state, words) {
  const line = /** @type {HTMLElement} */ (byId('rules').querySelector(`[data-rule="${rule}"]`));
  line.className = state;
  line.querySelector('svg')?.replaceWith(icon({ 'is-ok': 'check', 'is-not': 'close', '': 'minus' }[state], 'icon icon--sm'));
  if (words) /** @type {Element} */ (line.querySelector('span')).textContent = words;
}

/** Ticks the rules along; after a submit what is missing turns to a cross. @param {boolean} strict */
function tickRules(strict) {
  const typed = length(value('password'));
  const not = strict ? 'is-not' : '';
  mark('length', typed >= MIN_PASSWORD ? 'is-ok' : not,
    typed && typed < MIN_PASSWORD ? say('signup.rule-length-now', { typed }) : say('signup.rule-length'));
  mark('own', !typed ? not : holdsOwnPart(value('password'), own()) ? 'is-not' : 'is-ok');
}

/** @returns {{field: string, message: string}[]} */
function faults() {
  const found = [];
  const name = value('username').trim().toLowerCase();
  if (length(name) < 3 || length(name) > 30) found.push({ field: 'username', message: say('signup.name-length') });
  else if (!/^[a-z0-9_-]+$/.test(name)) found.push({ field: 'username', message: say('signup.name-letters') });
  else if (!/^[a-z].*[a-z0-9]$/.test(name)) found.push({ field: 'username', message: say('signup.name-ends') });
  const email = value('email').trim();
  const [, domain] = /^[^\s@]+@([^\s@]*)$/.exec(email) ?? [];
  if (!email) found.push({ field: 'email', message: say('signup.no-email') });
  else if (domain === '') found.push({ field: 'email', message: say('signup.email-domain') });
  else if (!domain?.includes('.')) found.push({ field: 'email', message: say('signup.email-check') });
  const typed = length(value('password'));
  if (!typed) found.push({ field: 'password', message: say('signup.no-password') });
  else if (typed < MIN_PASSWORD) found.push({ field: 'password', message: say('signup.password-short', { n: MIN_PASSWORD - typed }) });
  else if (holdsOwnPart(value('password'), own())) found.push({ field: 'password', message: say('signup.password-own') });
  return found;
}

/** @param {string} email */
function showCheckMail(email) {
  entitle(say('signup.mail-page'));
  const state = el('div', { class: 'state' },
    el('span', { class: 'state__art' }, icon('mail', 'icon icon--xl')),
    el('h1', { tabindex: '-1' }, say('signup.mail')),
    el('p', {}, ...parts('signup.mail-more', { email: el('strong', {}, email) })),
    el('p', { class: 'quiet' }, say('signup.mail-none')),
    resendPart(async () => {
      await resend(email);
      return say('signup.mail-sent');
    }, true),
    el('a', { class: 'more', href: '/signin' }, say('signup.to-sign-in')));
  byId('content').replaceChildren(state);
  state.querySelector('h1').focus();
}

onSubmit(form, () => say('signup.busy'), async () => {
  const wrong = faults();
  tickRules(true);
  if (wrong.length) {
    showFaults(form, wrong);
    return;
  }
  const email = value('email').trim();
  try {
    await signUp({ username: value('username').trim().toLowerCase(), email, password: value('password') });
    showCheckMail(email);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const known = error.errors.filter((fault) => ['username', 'email', 'password'].includes(fault.field));
    if (known.some((fault) => fault.field === 'password' && fault.code === 'too_weak') && !holdsOwnPart(value('password'), own())) {
      mark('common', 'is-not');
      // The server knows more words than the page: its verdict is the one that counts.
      meter.show(1);
    }
    if (known.length) showFaults(form, known);
    else {
      const [strong, rest] = failureWords(error);
      showNote(form, strong, rest);
    }
  }
});

form.addEventListener('input', () => {
  tickRules(false);
  mark('common', '');
  meter.show(strengthOf(value('password'), own()));
});
wirePasswordButtons();

// The way in: a PIN, or a link that needs none. Either becomes a token; the game is at its own address.

import { announce, byId, el, icon, keepIcons } from '../dom.js';
import { Refused, plain } from '../session.js';
import { say } from '../words.js';
import { keepSeat } from './seat.js';

/** @param {{pin?: string, link?: string}} way */
async function join(way) {
  const { room, token, title, teams } = await plain('POST', 'live/join', { body: way });
  keepSeat(room, { token, title, ...(teams ? { teams } : {}) });
  location.assign(`/live/${room}`);
}

const form = byId('join');
const input = byId('pin');
const button = byId('next');
const problem = byId('pin-error');

/** @param {string} sentence */
function refuse(sentence) {
  problem.hidden = !sentence;
  problem.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, el('span', { class: 'vh' }, `${say('live.error')} `), sentence));
  if (sentence) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  button.textContent = say('live.next');
  if (sentence) {
    input.focus();
    announce(sentence);
  }
}

/** @param {any} error */
function words(error) {
  if (!(error instanceof Refused)) throw error;
  if (error.isOffline) return say('live.offline');
  if (error.status === 404) return say('live.no-such-pin');
  if (error.status === 429) return say('live.too-many-pins', { n: error.afterSeconds ?? 60 });
  return error.message;
}

form.addEventListener('submit', async (/** @type {Event} */ event) => {
  event.preventDefault();
  const pin = input.value.replace(/\D/g, '');
  if (pin.length < 6 || pin.length > 7) return refuse(say('live.six-digits'));
  refuse('');
  button.textContent = say('live.joining');
  await join({ pin }).catch((error) => refuse(words(error)));
});
// "482915" is read easier as "482 915".
input.addEventListener('input', () => {
  const digits = input.value.replace(/\D/g, '').slice(0, 7);
  if (input.selectionStart === input.value.length) input.value = digits.replace(/^(\d{3})(?=\d)/, '$1 ');
});

void keepIcons();

/** By the link, if the address has one: it needs no PIN. */
function byLink() {
  const link = location.hash.slice(1);
  if (!link) return false;
  button.textContent = say('live.joining');
  join({ link }).catch((error) => refuse(error instanceof Refused && error.status === 404 ? say('live.no-such-link') : words(error)));
  return true;
}

// A link that is opened where this page stands already only changes what is behind the "#".
addEventListener('hashchange', byLink);
if (!byLink() && matchMedia('(pointer: fine)').matches) input.focus();

// What the pages of quizzes share: what they show when they cannot be shown.

import { el, icon } from '../dom.js';
import { Refused } from '../session.js';
import { reasonOf } from '../reason.js';
import { say } from '../words.js';

/** What does not fit, in the language of the page. @param {import('./api.js').Fault} fault */
export const faultWords = (fault) => reasonOf(`quiz.${fault.code}`, fault.message);

/** To sign in, or that it is not there. @param {unknown} error @param {HTMLElement} place */
export function needsSignIn(error, place) {
  if (!(error instanceof Refused)) throw error;
  if (error.status === 401) {
    location.replace(`/signin?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const gone = error.status === 404;
  const button = gone ? el('a', { class: 'btn btn--act', href: '/quizzes' }, say('edit.all-quizzes')) : el('button', { class: 'btn btn--act', type: 'button', onclick: () => location.reload() }, say('try-again'));
  place.replaceChildren(el('div', { class: 'empty' }, icon(gone ? 'search' : 'offline', 'icon icon--lg'), el('h1', { tabindex: '-1' }, gone ? say('edit.no-quiz') : say('edit.not-loaded')), el('p', {}, gone ? say('edit.no-quiz-line') : error.message), button));
  place.querySelector('h1')?.focus();
}

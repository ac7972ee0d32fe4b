// The one thing that a new player says: a name.

import { announce, el, icon } from '../dom.js';
import { say } from '../words.js';
import { avatar } from './board.js';

/**
 * @param {{title?: string, name?: string, teams?: string[]}} seat
 * @param {string} refusal
 * @param {(answer: {name: string, team?: number}) => void} enter
 */
export function nameForm(seat, refusal, enter) {
  const input = el('input', { class: 'input', id: 'name', maxlength: '40', autocomplete: 'nickname', enterkeyhint: 'go', 'aria-describedby': 'name-help name-error', dir: 'auto' });
  input.value = seat.name ?? '';
  const problem = el('p', { class: 'field__error', id: 'name-error', hidden: true }, icon('alert', 'icon icon--sm'), el('span', {}));
  const button = el('button', { class: 'btn btn--live btn--lg btn--wide', type: 'submit' }, say('live.i-am-in'));
  const teams = seat.teams ?? [];
  const team = teams.length > 0 && el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'team' }, say('live.your-team')), el('select', { class: 'input select', id: 'team' }, ...teams.map((name, at) => el('option', { value: String(at) }, name))));
  const form = el('form', { class: 'join__card', novalidate: true, 'aria-labelledby': 'q' },
    seat.title && el('div', { class: 'joined' }, avatar(seat.title, 'avatar--lg'), el('p', {}, el('strong', { dir: 'auto' }, seat.title))),
    el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'name' }, say('live.your-name')), el('p', { class: 'field__help', id: 'name-help' }, say('live.name-help')), problem, input), team, button);
  const refuse = (/** @type {string} */ sentence) => {
    problem.hidden = !sentence;
    problem.lastElementChild.textContent = sentence;
    input.toggleAttribute('aria-invalid', Boolean(sentence));
    button.textContent = say('live.i-am-in');
    if (sentence) {
      input.setAttribute('aria-invalid', 'true');
      input.focus();
      announce(sentence);
    }
  };
  form.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (!name) return refuse(say('live.name-first'));
    button.textContent = say('live.joining');
    enter({ name, ...(team ? { team: Number(/** @type {any} */ (form.querySelector('#team')).value) } : {}) });
  });
  form.addEventListener('refused', (/** @type {any} */ event) => refuse(event.detail ?? ''));
  if (refusal) refuse(refusal);
  return el('div', { class: 'join' }, el('h1', { tabindex: '-1', id: 'q' }, say('live.nearly-in')), form);
}

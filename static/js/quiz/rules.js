// How a quiz is taken alone: each change is kept at once, for attempts that begin from then on.

import { el, icon } from '../dom.js';
import { Refused, call } from '../session.js';
import { say, sayBy } from '../words.js';
import { attempts } from './api.js';

/** `datetime-local` of a moment, in the time of this place. @param {number | undefined} ts */
function localOf(ts) {
  if (!ts) return '';
  const at = new Date(ts);
  return new Date(ts - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** @param {string} id @returns {HTMLElement} */
export function rulesOf(id) {
  const said = el('p', { class: 'small quiet', role: 'status' });
  const body = el('div', { class: 'stack' });
  /** @type {any} */
  let rules = {};
  const keep = async () => {
    try {
      rules = await call('PUT', `quizzes/${id}/rules`, { body: rules });
      said.replaceChildren(icon('check', 'icon icon--sm'), ` ${say('attempt.rules-kept')}`);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      said.replaceChildren(icon('alert', 'icon icon--sm'), ` ${error.errors[0]?.message ?? error.message}`);
    }
  };
  const field = (/** @type {string} */ name, /** @type {any} */ input, /** @type {() => any} */ read) => {
    input.id = `rule-${name}`;
    input.addEventListener('change', () => {
      const value = read();
      if (value === undefined) delete rules[name];
      else rules[name] = value;
      void keep();
    });
    return el('div', { class: 'field' }, el('label', { class: 'field__label', for: input.id }, sayBy(`attempt.rule-${name.replaceAll('_', '-')}`)), input);
  };
  const amount = (/** @type {string} */ name, /** @type {number} */ most) => {
    const input = el('input', { class: 'input', type: 'number', min: '1', max: String(most), value: rules[name] ?? '', placeholder: say('attempt.rule-none') });
    return field(name, input, () => (input.value === '' ? undefined : Math.round(Number(input.value))));
  };
  const choice = (/** @type {string} */ name, /** @type {string[]} */ all, /** @type {string} */ words) => {
    const input = el('select', { class: 'input select' }, ...all.map((one) => el('option', { value: one, selected: rules[name] === one }, sayBy(`attempt.${words}${one.replaceAll('_', '-')}`))));
    return field(name, input, () => input.value);
  };
  const draw = () => {
    const closes = el('input', { class: 'input', type: 'datetime-local', value: localOf(rules.closes_ts) });
    const shuffle = el('input', { type: 'checkbox', id: 'rule-shuffle', checked: rules.shuffle });
    shuffle.addEventListener('change', () => {
      rules.shuffle = shuffle.checked;
      void keep();
    });
    body.replaceChildren(el('div', { class: 'three' }, amount('attempts', 100), amount('minutes', 10_080), field('closes_ts', closes, () => (closes.value ? new Date(closes.value).getTime() : undefined))),
      choice('feedback', ['after_each', 'after_submit', 'after_close'], ''), choice('counts', ['best', 'last', 'mean'], 'counts-'),
      el('label', { class: 'check' }, shuffle, el('span', {}, say('attempt.rule-shuffle'))), said);
  };
  const details = el('details', { class: 'more-info' }, el('summary', {}, say('attempt.rules')), body);
  details.addEventListener('toggle', async () => {
    if (!details.open || body.childElementCount) return;
    try {
      ({ rules } = await attempts(id));
      draw();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      body.replaceChildren(el('p', {}, error.message));
    }
  });
  return details;
}

// The fields of one question, by its kind. Each change goes into the question at once; a fault stands at the field
// whose path the server names.

import { el, icon } from '../dom.js';
import { say, sayBy } from '../words.js';
import { letterOf } from '../live/tiles.js';
import { MOST_OPTIONS } from './kinds.js';

/**
 * @typedef {object} Desk
 * @property {any} question
 * @property {() => void} changed something was typed: keep it
 * @property {() => void} redraw rows came or went: draw the fields anew
 * @property {(path: string) => string} fault what is wrong at this path of the question, if anything
 */

/** @param {string} path */
export const idOf = (path) => `f-${path.replaceAll('.', '-')}`;

/** @param {Desk} desk @param {string} path */
function faultAt(desk, path) {
  const sentence = desk.fault(path);
  return sentence ? el('p', { class: 'field__error', id: `${idOf(path)}-err` }, icon('alert', 'icon icon--sm'), el('span', {}, el('span', { class: 'vh' }, `${say('live.error')} `), sentence)) : null;
}

/** @param {Desk} desk @param {string} path @param {any} input */
function marked(desk, path, input) {
  input.id ||= idOf(path);
  if (desk.fault(path)) {
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-describedby', `${idOf(path)}-err`);
  }
  return input;
}

/** A line of text bound to a place. @param {Desk} desk @param {string} path @param {any} of @param {string | number} key @param {Record<string, any>} how */
function line(desk, path, of, key, how) {
  const input = marked(desk, path, el('input', { class: 'input', dir: 'auto', autocomplete: 'off', ...how }));
  input.value = of[key] ?? '';
  input.addEventListener('input', () => {
    of[key] = input.value;
    desk.changed();
  });
  return input;
}

/** @param {string} label @param {any} input @param {any} [fault] @param {string} [help] */
export const field = (label, input, fault, help) => el('div', { class: 'field' }, el('label', { class: 'field__label', for: input.id }, label), fault, input, help && el('p', { class: 'field__help' }, help));

/** A text over several lines that may be left out. @param {Desk} desk @param {string} name @param {string} label @param {{rows?: number, most: number, optional?: boolean, help?: string}} how */
export function area(desk, name, label, { rows = 2, most, optional = true, help }) {
  const input = marked(desk, name, el('textarea', { class: 'input input--area', rows: String(rows), maxlength: String(most), dir: 'auto' }));
  input.value = desk.question[name] ?? '';
  input.addEventListener('input', () => {
    if (optional && !input.value) delete desk.question[name];
    else desk.question[name] = input.value;
    desk.changed();
  });
  return field(label, input, faultAt(desk, name), help);
}

/** @param {Desk} desk @param {string} name @param {string} label @param {[string, string][]} choices @param {(value: string) => void} set @param {string} now */
export function select(desk, name, label, choices, set, now) {
  const input = marked(desk, name, el('select', { class: 'input select' }, ...choices.map(([value, text]) => el('option', { value, selected: value === now }, text))));
  input.addEventListener('change', () => {
    set(input.value);
    desk.changed();
  });
  return field(label, input, faultAt(desk, name));
}

/** @param {Desk} desk @param {string} label @param {boolean} now @param {(on: boolean) => void} set */
function tick(desk, label, now, set) {
  const input = el('input', { type: 'checkbox', checked: now });
  input.addEventListener('change', () => {
    set(input.checked);
    desk.changed();
  });
  return el('label', { class: 'check' }, input, el('span', {}, label));
}

/** Moves, adds and takes away rows of a list. @param {Desk} desk @param {any[]} list @param {number} least */
function rows(desk, list, least) {
  return {
    remove: (/** @type {number} */ at, /** @type {string} */ label) => list.length > least && el('button', { class: 'icon-btn', type: 'button', 'aria-label': label, onclick: () => {
      list.splice(at, 1);
      desk.changed();
      desk.redraw();
    } }, icon('close')),
    add: (/** @type {any} */ fresh, /** @type {string} */ label, most = MOST_OPTIONS) => list.length < most && el('div', {}, el('button', { class: 'btn btn--soft btn--sm', type: 'button', id: 'add-row', onclick: () => {
      list.push(fresh);
      desk.changed();
      desk.redraw();
      /** @type {HTMLElement | null} */ (document.querySelector('[data-row]:last-of-type .input'))?.focus();
    } }, icon('plus', 'icon icon--sm'), ` ${label}`)),
  };
}

const mark = (/** @type {number} */ at) => el('span', { class: `opt-mark opt-mark--${'abcdefgh'[at % 8]}`, 'aria-hidden': 'true' }, letterOf(at), icon(`shape-${'abcdefgh'[at % 8]}`, ''));

/** Options with their key. @param {Desk} desk @param {{several: boolean, least: number, most: number}} how */
function options(desk, { several, least, most }) {
  const { question } = desk;
  const list = question.options;
  const { remove, add } = rows(desk, list, least);
  const weighted = question.grading === 'weights';
  const all = list.map((/** @type {any} */ option, /** @type {number} */ at) => {
    const letter = letterOf(at);
    const right = el('input', { type: several ? 'checkbox' : 'radio', name: 'key', checked: option.correct });
    right.addEventListener('change', () => {
      if (!several) for (const other of list) other.correct = false;
      option.correct = right.checked;
      desk.changed();
    });
    const weight = weighted && el('input', { class: 'input input--weight', type: 'number', min: '-100', max: '100', 'aria-label': say('edit.weight-of', { letter }), value: String(option.weight ?? 0) });
    if (weight) weight.addEventListener('input', () => { option.weight = Math.round(Number(weight.value) || 0); desk.changed(); });
    return [el('div', { class: 'opt-row', 'data-row': true }, mark(at), line(desk, `options.${at}.text`, option, 'text', { 'aria-label': say('edit.answer', { letter }), maxlength: '250' }),
      el('span', { class: 'row' }, el('label', { class: 'check' }, right, el('span', {}, say('edit.right'), el('span', { class: 'vh' }, `, ${say('edit.answer', { letter })}`))), weight), remove(at, say('edit.remove-answer', { letter }))), faultAt(desk, `options.${at}.text`), faultAt(desk, `options.${at}.weight`)];
  });
  return el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, say(several ? 'edit.answers-several' : 'edit.answers-one')), faultAt(desk, 'options'), ...all.flat(), add({ text: '', correct: false }, say('edit.add-answer', { n: most }), most));
}

/** Plain lines in an order. @param {Desk} desk @param {string} name @param {string} legend @param {string} label @param {number} least */
function lines(desk, name, legend, label, least) {
  const list = desk.question[name];
  const { remove, add } = rows(desk, list, least);
  const move = (/** @type {number} */ at, /** @type {number} */ by) => el('button', { class: 'icon-btn', type: 'button', 'aria-label': say(by < 0 ? 'edit.line-up' : 'edit.line-down', { n: at + 1 }), 'aria-disabled': at + by < 0 || at + by >= list.length ? 'true' : undefined, onclick: () => {
    if (at + by < 0 || at + by >= list.length) return;
    list.splice(at + by, 0, ...list.splice(at, 1));
    desk.changed();
    desk.redraw();
  } }, icon(by < 0 ? 'up' : 'down'));
  const all = list.map((/** @type {string} */ _, /** @type {number} */ at) => [el('div', { class: 'opt-row opt-row--line', 'data-row': true }, el('span', { class: 'order__no num', 'aria-hidden': 'true' }, String(at + 1)), line(desk, `${name}.${at}`, list, at, { 'aria-label': say('edit.line', { n: at + 1 }), maxlength: '250' }),
    el('span', { class: 'row' }, name === 'items' && move(at, -1), name === 'items' && move(at, 1)), remove(at, say('edit.remove-line', { n: at + 1 }))), faultAt(desk, `${name}.${at}`)]);
  return el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, legend), faultAt(desk, name), ...all.flat(), add('', label));
}

/** @param {Desk} desk */
function grading(desk, /** @type {string[]} */ kinds) {
  return select(desk, 'grading', say('edit.grading'), kinds.map((kind) => [kind, sayBy(`edit.grading-${kind.replaceAll('_', '-')}`)]), (value) => {
    desk.question.grading = value;
    desk.redraw();
  }, desk.question.grading ?? 'all_or_nothing');
}

/** @param {Desk} desk @param {any} of @param {string} key @param {string} path @param {string} label */
function amount(desk, of, key, path, label) {
  const input = marked(desk, path, el('input', { class: 'input', inputmode: 'decimal', autocomplete: 'off' }));
  input.value = String(of[key] ?? '');
  input.addEventListener('input', () => {
    const value = Number(input.value.replace(',', '.'));
    if (input.value.trim() !== '' && Number.isFinite(value)) of[key] = value;
    desk.changed();
  });
  return field(label, input, faultAt(desk, path));
}

/** What belongs to the kind of this question. @param {Desk} desk @returns {any[]} */
export function ofKind(desk) {
  const { question } = desk;
  switch (question.type) {
    case 'single_choice': return [options(desk, { several: false, least: 2, most: MOST_OPTIONS })];
    case 'swipe': return [options(desk, { several: false, least: 2, most: 2 })];
    case 'multiple_choice': return [options(desk, { several: true, least: 2, most: MOST_OPTIONS }), grading(desk, ['all_or_nothing', 'partial', 'weights'])];
    case 'true_false': return [select(desk, 'key', say('edit.statement-is'), [['true', say('edit.true')], ['false', say('edit.false')]], (value) => { question.key = value === 'true'; }, String(question.key))];
    case 'short_text': {
      const { remove, add } = rows(desk, question.accepted, 1);
      const all = question.accepted.map((/** @type {any} */ one, /** @type {number} */ at) => {
        const percent = el('input', { class: 'input input--weight', type: 'number', min: '1', max: '100', 'aria-label': say('edit.percent-of', { n: at + 1 }), value: String(one.percent) });
        percent.addEventListener('input', () => { one.percent = Math.round(Number(percent.value) || 0); desk.changed(); });
        return [el('div', { class: 'opt-row opt-row--line', 'data-row': true }, el('span', { class: 'order__no num', 'aria-hidden': 'true' }, String(at + 1)), line(desk, `accepted.${at}.text`, one, 'text', { 'aria-label': say('edit.line', { n: at + 1 }), maxlength: '200' }), el('span', { class: 'row' }, percent, el('span', { 'aria-hidden': 'true' }, '%')), remove(at, say('edit.remove-line', { n: at + 1 }))), faultAt(desk, `accepted.${at}.text`), faultAt(desk, `accepted.${at}.percent`)];
      });
      return [el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, say('edit.accepted')), faultAt(desk, 'accepted'), ...all.flat(), add({ text: '', percent: 100 }, say('edit.add-accepted'), 20)), tick(desk, say('edit.case'), question.case_sensitive, (on) => { question.case_sensitive = on; })];
    }
    case 'numeric': return [el('div', { class: 'three' }, amount(desk, question, 'value', 'value', say('edit.value')), amount(desk, question, 'tolerance', 'tolerance', say('edit.tolerance')))];
    case 'ordering': return [lines(desk, 'items', say('edit.items'), say('edit.add-line'), 2), grading(desk, ['all_or_nothing', 'partial'])];
    case 'matching': {
      const { remove, add } = rows(desk, question.pairs, 2);
      const all = question.pairs.map((/** @type {any} */ pair, /** @type {number} */ at) => [el('div', { class: 'pair-row', 'data-row': true }, line(desk, `pairs.${at}.left`, pair, 'left', { 'aria-label': say('edit.left', { n: at + 1 }), maxlength: '250' }), icon('right', 'icon icon--sm'), line(desk, `pairs.${at}.right`, pair, 'right', { 'aria-label': say('edit.right-side', { n: at + 1 }), maxlength: '250' }), remove(at, say('edit.remove-line', { n: at + 1 }))), faultAt(desk, `pairs.${at}.left`), faultAt(desk, `pairs.${at}.right`)]);
      return [el('fieldset', { class: 'stack stack--sm' }, el('legend', { class: 'field__label' }, say('edit.pairs')), faultAt(desk, 'pairs'), ...all.flat(), add({ left: '', right: '' }, say('edit.add-line'))), grading(desk, ['all_or_nothing', 'partial'])];
    }
    case 'survey': return [lines(desk, 'options', say('edit.opinions'), say('edit.add-line'), 2), tick(desk, say('edit.multiple'), question.multiple, (on) => { question.multiple = on; })];
    default: return [];
  }
}

/** A picture by its address, with what it shows. @param {Desk} desk */
export function picture(desk) {
  const image = desk.question.image ?? { url: '', alt: '' };
  const keep = () => {
    if (image.url) desk.question.image = image;
    else delete desk.question.image;
    desk.changed();
  };
  const url = marked(desk, 'image.url', el('input', { class: 'input', type: 'url', inputmode: 'url', autocomplete: 'off', placeholder: 'https://' }));
  url.value = image.url;
  url.addEventListener('input', () => { image.url = url.value.trim(); keep(); });
  const alt = marked(desk, 'image.alt', el('input', { class: 'input', maxlength: '250', dir: 'auto', autocomplete: 'off' }));
  alt.value = image.alt ?? '';
  alt.addEventListener('input', () => { image.alt = alt.value; keep(); });
  const missing = image.url && !image.alt && el('p', { class: 'note note--warn' }, icon('image'), el('span', {}, say('edit.no-alt')));
  return el('details', { class: 'more-info', open: Boolean(desk.question.image) }, el('summary', {}, say('edit.picture')), el('div', { class: 'stack' }, field(say('edit.picture-url'), url, faultAt(desk, 'image.url')), field(say('edit.picture-alt'), alt, faultAt(desk, 'image.alt')), missing));
}

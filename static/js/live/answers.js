// How each kind of question is answered: a form that gives an answer when it is sent. One tap sends where one thing is
// chosen; where there is more to it a button sends, and its label says what.

import { announce, el, icon } from '../dom.js';
import { figure, say } from '../words.js';
import { classes, letterOf, mark, wording } from './tiles.js';

/**
 * @typedef {import('./game.js').Form} Form
 * @typedef {import('./game.js').Given} Given
 * @typedef {'open' | 'sending' | 'kept' | 'closed'} State what became of the answer, or that time is up
 * @typedef {{form: Form, type: string, labelledby: string, lang?: string, state: State, given?: Given | null, draft?: any, send: (given: Given) => void, keep: (draft: any) => void}} Asked
 */

const SWIPE_SHARE = 1 / 3;

/** @param {Asked} asked @returns {HTMLElement} */
export function answerForm(asked) {
  const { form } = asked;
  if (form.form === 'one') return asked.type === 'swipe' ? swipe(asked) : one(asked);
  if (form.form === 'some') return some(asked);
  if (form.form === 'text') return text(asked);
  if (form.form === 'number') return number(asked);
  if (form.form === 'order') return order(asked);
  if (form.form === 'pairs') return pairs(asked);
  return el('div', {});
}

/** An answer in words, for whoever gave it. @param {Given} given @param {Form} form */
export function givenWords(given, form) {
  const named = (/** @type {any[] | undefined} */ list, /** @type {number} */ id) => (list ?? []).find((option) => option.id === id)?.text ?? '';
  if (given.options) {
    return given.options.map((id) => `${letterOf((form.options ?? []).findIndex((option) => option.id === id))}, ${named(form.options, id)}`).join(' · ');
  }
  if (given.text !== undefined) return `“${given.text}”`;
  if (given.number !== undefined) return figure(given.number);
  if (given.order) return given.order.map((id) => named(form.items, id)).join(' → ');
  return (given.pairs ?? []).map(([left, right]) => `${named(form.left, left)} – ${named(form.right, right)}`).join(' · ');
}

/** What stands at the tile that was chosen. @param {State} state */
function stateOf(state) {
  if (state === 'sending') return el('span', { class: 'tile__state' }, icon('clock'), ` ${say('live.sending')}`);
  return el('span', { class: 'tile__state' }, icon('check'), ` ${say('live.your-answer')}`);
}

/** @param {Asked} asked @param {string} kind @param {string} legend @param {string} extra */
function tiles({ form, lang, state, given, draft }, kind, legend, extra = '') {
  const chosen = given?.options ?? draft ?? [];
  const open = state === 'open';
  const list = (form.options ?? []).map((option, at) => {
    const is = chosen.includes(option.id);
    let look = '';
    if (!open) look = is ? (state === 'sending' ? 'is-selected' : 'is-locked') : 'is-dim';
    return el('label', { class: classes(at, look) },
      el('input', { type: kind, name: 'answer', value: String(option.id), checked: is, 'data-at': String(at) }),
      mark(at), wording(option, lang),
      kind === 'checkbox' && open && el('span', { class: 'tile__box', 'aria-hidden': 'true' }, icon('check')),
      !open && is && stateOf(state));
  });
  return el('fieldset', { class: `tiles ${extra}`.trim(), disabled: !open }, el('legend', { class: 'vh' }, legend), ...list);
}

/** @param {Asked} asked */
const legendOf = ({ form, state, given }, /** @type {string} */ open) => {
  if (state === 'open' || !given) return open;
  return say(state === 'sending' ? 'live.answer-unsent' : 'live.answer-is', { answer: givenWords(given, form) });
};

/** @param {Asked} asked */
function one(asked) {
  const fields = tiles(asked, 'radio', legendOf(asked, say('live.choose-one')));
  // Arrow keys choose a radio, too; only what chooses on purpose sends.
  let arrows = false;
  fields.addEventListener('keydown', (/** @type {KeyboardEvent} */ event) => {
    arrows = event.key.startsWith('Arrow');
    if ((event.key === 'Enter' || event.key === ' ') && event.target instanceof HTMLInputElement) {
      event.preventDefault();
      event.target.checked = true;
      asked.send({ options: [Number(event.target.value)] });
    }
  });
  fields.addEventListener('change', (/** @type {Event} */ event) => {
    if (!arrows) asked.send({ options: [Number(/** @type {HTMLInputElement} */ (event.target).value)] });
    arrows = false;
  });
  fields.addEventListener('pointerdown', () => { arrows = false; });
  return el('form', { 'aria-labelledby': asked.labelledby, onsubmit: stay }, fields);
}

/** @param {Asked} asked */
function swipe(asked) {
  const { form, state } = asked;
  const [left, right] = form.options ?? [];
  const fields = tiles(asked, 'radio', legendOf(asked, say('live.choose-side')), 'tiles--two');
  fields.addEventListener('change', (/** @type {Event} */ event) => asked.send({ options: [Number(/** @type {HTMLInputElement} */ (event.target).value)] }));
  const card = el('div', { class: 'swipe__card' }, el('p', { class: 'swipe__text' }, say('live.swipe-card')));
  let from = 0;
  const shift = (/** @type {number} */ by) => card.style.setProperty('transform', by ? `translateX(${by}px)` : 'none');
  if (state === 'open') {
    card.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => {
      from = event.clientX;
      card.setPointerCapture(event.pointerId);
    });
    card.addEventListener('pointermove', (/** @type {PointerEvent} */ event) => card.hasPointerCapture(event.pointerId) && shift(event.clientX - from));
    card.addEventListener('pointerup', (/** @type {PointerEvent} */ event) => {
      const by = event.clientX - from;
      shift(0);
      if (Math.abs(by) > card.clientWidth * SWIPE_SHARE) asked.send({ options: [by < 0 ? left.id : right.id] });
    });
    card.addEventListener('pointercancel', () => shift(0));
  }
  return el('form', { 'aria-labelledby': asked.labelledby, onsubmit: stay },
    el('div', { class: 'swipe' }, el('span', { class: 'swipe__hint', 'aria-hidden': 'true' }, icon('left')), card, el('span', { class: 'swipe__hint', 'aria-hidden': 'true' }, icon('right'))),
    fields);
}

/** @param {Asked} asked */
function some(asked) {
  const fields = tiles(asked, 'checkbox', legendOf(asked, say('live.choose-some')));
  const chosen = () => [...fields.querySelectorAll('input:checked')].map((input) => Number(/** @type {HTMLInputElement} */ (input).value));
  const button = submit(asked, () => say('live.submit-selected', { n: chosen().length }));
  fields.addEventListener('change', () => {
    asked.keep(chosen());
    button?.relabel();
    announce(say('live.selected', { n: chosen().length }));
  });
  return sending(asked, '', [fields, button], () => {
    const options = chosen();
    return options.length ? { options } : say('live.choose-first');
  });
}

/** @param {Asked} asked */
function text(asked) {
  const { form, state, given, draft } = asked;
  const input = el('input', {
    class: 'input input--answer', id: 'answer', type: 'text', maxlength: String(form.most_chars ?? 200), autocomplete: 'off', autocapitalize: 'none',
    enterkeyhint: 'send', 'aria-describedby': 'answer-help', dir: 'auto', readonly: state !== 'open',
  });
  input.value = given?.text ?? draft ?? '';
  const button = submit(asked, () => (input.value.trim() ? say('live.send-text', { text: input.value.trim() }) : say('live.send-answer')));
  input.addEventListener('input', () => {
    asked.keep(input.value);
    button?.relabel();
  });
  const field = el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'answer' }, say('live.your-answer')), input,
    el('p', { class: 'field__help', id: 'answer-help' }, say('live.text-help', { n: form.most_chars ?? 200 })));
  return sending(asked, 'player__form', [field, button], () => {
    const written = input.value.trim();
    return written ? { text: written } : say('live.write-first');
  });
}

/** "12,5" and "12.5" are the same number. @param {string} written */
function read(written) {
  const plain = written.trim().replace(/[\u00a0\u202f\s]/g, '').replace('−', '-').replace(',', '.');
  return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(plain) ? Number(plain) : NaN;
}

/** @param {Asked} asked */
function number(asked) {
  const { state, given, draft } = asked;
  const input = el('input', { class: 'input input--answer', id: 'answer', type: 'text', inputmode: 'decimal', maxlength: '40', autocomplete: 'off', enterkeyhint: 'send', readonly: state !== 'open' });
  input.value = given?.number !== undefined ? String(given.number) : (draft ?? '');
  input.addEventListener('input', () => asked.keep(input.value));
  const field = el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'answer' }, say('live.your-number')), input);
  return sending(asked, 'player__form', [field, submit(asked, () => say('live.send-number'))], () => {
    if (!input.value.trim()) return say('live.write-first');
    const value = read(input.value);
    return Number.isNaN(value) ? say('live.only-number', { text: input.value.trim() }) : { number: value };
  });
}

/** @param {Asked} asked */
function order(asked) {
  const { form, state, given, draft, lang } = asked;
  const items = form.items ?? [];
  let ids = given?.order ?? draft ?? items.map((item) => item.id);
  const list = el('ol', { class: 'order', role: 'list' });
  const textOf = (/** @type {number} */ id) => items.find((item) => item.id === id)?.text ?? '';
  const move = (/** @type {number} */ at, /** @type {number} */ to, focus = '') => {
    if (to < 0 || to >= ids.length || to === at) return;
    const next = [...ids];
    next.splice(to, 0, ...next.splice(at, 1));
    const moved = ids[at];
    ids = next;
    asked.keep(ids);
    draw(moved, focus);
    announce(say('live.now-at', { item: textOf(moved), place: to + 1, of: ids.length }));
  };
  const draw = (/** @type {number} */ moved = 0, focus = '') => {
    const rows = ids.map((/** @type {number} */ id, /** @type {number} */ at) => {
      const item = items.find((one) => one.id === id);
      const button = (/** @type {string} */ way, /** @type {number} */ by, /** @type {boolean} */ can, /** @type {string} */ label) => el('button', {
        class: 'icon-btn', type: 'button', 'data-way': way, 'aria-label': label, 'aria-disabled': can ? undefined : 'true', onclick: () => move(at, at + by, way),
      }, icon(way));
      const place = { item: textOf(id), place: at + 1, of: ids.length };
      const grip = el('span', { class: 'order__grip', 'aria-hidden': 'true' }, icon('grip'));
      const row = el('li', { class: `order__item ${moved === id ? 'is-moved' : ''}`.trim(), 'data-id': String(id) }, state === 'open' ? grip : el('span', {}),
        el('span', { class: 'order__no num', 'aria-hidden': 'true' }, figure(at + 1)), el('span', { class: 'order__text', dir: 'auto', lang }, item?.text ?? ''),
        state === 'open' && button('up', -1, at > 0, say('live.move-up', place)), state === 'open' && button('down', 1, at < ids.length - 1, say('live.move-down', place)));
      grip.addEventListener('pointerdown', (/** @type {PointerEvent} */ event) => drag(event, row, at));
      return row;
    });
    list.replaceChildren(...rows);
    if (focus) list.querySelector(`[data-id="${moved}"] [data-way="${focus}"]`)?.focus();
  };
  const drag = (/** @type {PointerEvent} */ event, /** @type {HTMLElement} */ row, /** @type {number} */ at) => {
    event.preventDefault();
    const rows = /** @type {HTMLElement[]} */ ([...list.children]);
    const begin = event.clientY;
    let to = at;
    const follow = (/** @type {PointerEvent} */ moved) => {
      row.style.setProperty('transform', `translateY(${moved.clientY - begin}px)`);
      const middle = moved.clientY;
      to = rows.filter((other) => other !== row && other.getBoundingClientRect().top + other.offsetHeight / 2 < middle).length;
    };
    const drop = () => {
      document.removeEventListener('pointermove', follow);
      document.removeEventListener('pointerup', drop);
      document.removeEventListener('pointercancel', drop);
      row.style.setProperty('transform', 'none');
      move(at, to);
    };
    document.addEventListener('pointermove', follow);
    document.addEventListener('pointerup', drop);
    document.addEventListener('pointercancel', drop);
  };
  draw();
  return sending(asked, 'player__form', [list, submit(asked, () => say('live.send-order'))], () => ({ order: ids }));
}

/** @param {Asked} asked */
function pairs(asked) {
  const { form, state, given, draft, lang } = asked;
  const left = form.left ?? [];
  const kept = new Map(given?.pairs ?? draft ?? []);
  const selects = left.map((side, at) => {
    const select = el('select', { class: 'input select', id: `pair-${at}`, disabled: state !== 'open' }, el('option', { value: '' }, say('live.choose')),
      ...(form.right ?? []).map((other) => el('option', { value: String(other.id), selected: kept.get(side.id) === other.id, lang }, other.text)));
    return select;
  });
  const made = () => left.flatMap((side, at) => (selects[at].value ? [/** @type {[number, number]} */ ([side.id, Number(selects[at].value)])] : []));
  const button = submit(asked, () => say('live.send-pairs', { n: made().length, of: left.length }));
  const list = el('ul', { class: 'pairs', role: 'list' }, ...left.map((side, at) => el('li', { class: 'pairs__row' }, el('label', { class: 'pairs__label', for: `pair-${at}`, dir: 'auto', lang }, side.text), selects[at])));
  list.addEventListener('change', () => {
    asked.keep(made());
    button?.relabel();
  });
  return sending(asked, 'player__form', [list, button], () => {
    const all = made();
    if (all.length < left.length) return say('live.pair-all', { n: left.length - all.length });
    const rights = all.map(([, right]) => right);
    const twice = rights.find((right, at) => rights.indexOf(right) !== at);
    if (twice !== undefined) return say('live.used-twice', { text: (form.right ?? []).find((other) => other.id === twice)?.text ?? '' });
    return { pairs: all };
  });
}

/** The button that sends, if there is something to send. @param {Asked} asked @param {() => string} label */
function submit({ state }, label) {
  if (state !== 'open') return null;
  const button = el('button', { class: 'btn btn--act btn--lg btn--wide', type: 'submit' }, label());
  button.relabel = () => { button.textContent = label(); };
  return button;
}

/** @param {Event} event */
function stay(event) {
  event.preventDefault();
}

/**
 * A form that says what is missing, or sends.
 * @param {Asked} asked @param {string} looks @param {any[]} children @param {() => Given | string} answer
 */
function sending(asked, looks, children, answer) {
  const problem = el('p', { class: 'field__error', id: 'answer-error', hidden: true }, icon('alert', 'icon icon--sm'), el('span', {}));
  const form = el('form', { class: looks || undefined, 'aria-labelledby': asked.labelledby, novalidate: true }, ...children.filter(Boolean));
  form.insertBefore(problem, form.lastElementChild);
  form.addEventListener('submit', (/** @type {Event} */ event) => {
    event.preventDefault();
    if (asked.state !== 'open') return;
    const given = answer();
    if (typeof given !== 'string') return asked.send(given);
    problem.hidden = false;
    problem.lastElementChild.textContent = given;
    const field = form.querySelector('input, select');
    field?.setAttribute('aria-describedby', `${field.getAttribute('aria-describedby') ?? ''} answer-error`.trim());
    field?.focus();
    announce(given);
  });
  return form;
}

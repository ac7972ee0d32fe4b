// Questions out of a file: first what is in it, row by row, and nothing is made; then a draft of what fits.

import { announce, byId, el, figure, icon, keepIcons } from '../dom.js';
import { failureWords } from '../form.js';
import { reasonOf } from '../reason.js';
import { Refused, call, uuid } from '../session.js';
import { say, sayBy } from '../words.js';
import { take } from './api.js';
import { needsSignIn } from './page.js';

const MOST_BYTES = 5_000_000;
const FORMATS = /** @type {const} */ (['gift', 'csv', 'xlsx', 'json']);
/** @type {Record<string, string>} */
const BY_ENDING = { gift: 'gift', txt: 'gift', csv: 'csv', xlsx: 'xlsx', json: 'json' };

/** What is being imported. @type {{file: File | null, format: string, surveys: boolean}} */
const wanted = { file: null, format: 'gift', surveys: false };

/** @param {import('./api.js').Row} row */
const rowWords = (row) => reasonOf(`row.${row.code}`, row.message);

/** @param {string} title @param {(Node | string | null)[]} more @param {(Node | false)[]} [buttons] */
function headOf(title, more, buttons = []) {
  document.title = `${title} – AllThrive`;
  return el('header', { class: 'page-head' }, el('div', {}, el('p', { class: 'crumb' }, el('a', { class: 'more', href: '/quizzes?mine' }, icon('arrow-left', 'icon icon--sm'), ` ${say('edit.my-quizzes')}`)), el('h1', { tabindex: '-1', id: 'heading' }, title), ...more), el('div', { class: 'row row--wrap' }, ...buttons));
}

/** The form. @param {string} [fault] */
function form(fault) {
  const wrong = el('p', { class: 'field__error', id: 'file-error', role: 'alert' }, fault && icon('alert', 'icon icon--sm'), fault && el('span', {}, fault));
  const file = el('input', { type: 'file', id: 'file', accept: '.gift,.txt,.csv,.xlsx,.json', 'aria-describedby': 'file-help file-error', 'aria-invalid': fault ? 'true' : undefined });
  const format = el('select', { class: 'input select', id: 'format' }, ...FORMATS.map((one) => el('option', { value: one, selected: one === wanted.format }, sayBy(`edit.import-${one}`))));
  const surveys = el('input', { type: 'checkbox', id: 'surveys', checked: wanted.surveys });
  const button = el('button', { class: 'btn btn--act', type: 'submit' }, say('edit.import-look'));
  const drop = el('div', { class: 'drop' }, el('label', { class: 'field__label', for: 'file' }, say('edit.import-file')), file, el('p', { class: 'field__help', id: 'file-help' }, say('edit.import-help')), wrong);
  const chosen = () => {
    const ending = file.files?.[0]?.name.split('.').pop()?.toLowerCase() ?? '';
    if (BY_ENDING[ending]) format.value = BY_ENDING[ending];
    wrong.replaceChildren();
    file.removeAttribute('aria-invalid');
  };
  file.addEventListener('change', chosen);
  drop.addEventListener('dragover', (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    drop.classList.add('is-over');
  });
  drop.addEventListener('dragleave', () => drop.classList.remove('is-over'));
  drop.addEventListener('drop', (/** @type {DragEvent} */ event) => {
    event.preventDefault();
    drop.classList.remove('is-over');
    if (!event.dataTransfer?.files.length) return;
    file.files = event.dataTransfer.files;
    chosen();
  });
  const look = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (button.getAttribute('aria-disabled')) return;
    Object.assign(wanted, { file: file.files?.[0] ?? null, format: format.value, surveys: surveys.checked });
    if (!wanted.file) return again(say('edit.import-no-file'));
    if (wanted.file.size > MOST_BYTES) return again(say('edit.import-too-large'));
    busy(button, say('edit.import-looking'));
    try {
      result(await take(wanted.file, { ...asked(), dry_run: '1' }));
    } catch (error) {
      again(sentenceOf(error));
    }
  };
  const again = (/** @type {string} */ sentence) => {
    wrong.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, sentence));
    file.setAttribute('aria-invalid', 'true');
    idle(button, say('edit.import-look'));
    file.focus();
  };
  byId('place').replaceChildren(headOf(say('edit.import-title'), [el('p', {}, say('edit.import-lead'))]),
    el('form', { class: 'import', novalidate: true, 'aria-labelledby': 'heading', onsubmit: look }, drop,
      el('div', { class: 'field' }, el('label', { class: 'field__label', for: 'format' }, say('edit.import-format')), format),
      el('label', { class: 'check' }, surveys, el('span', {}, say('edit.import-keyless'))), el('div', {}, button)));
}

/** @param {HTMLElement} button @param {string} words */
function busy(button, words) {
  button.setAttribute('aria-disabled', 'true');
  button.replaceChildren(words);
  announce(words);
}

/** @param {HTMLElement} button @param {string} words */
function idle(button, words) {
  button.removeAttribute('aria-disabled');
  button.replaceChildren(words);
}

/** @param {unknown} error */
function sentenceOf(error) {
  if (!(error instanceof Refused)) throw error;
  const [first] = error.errors;
  return first ? first.message : failureWords(error).join(' ').trim();
}

/** @returns {Record<string, string>} */
const asked = () => ({ format: wanted.format, ...(wanted.surveys ? { keyless: 'survey' } : {}), ...(wanted.format === 'gift' || wanted.format === 'json' ? {} : { title: (wanted.file?.name ?? '').replace(/\.\w+$/, '').slice(0, 120) }) });

/** Every row of the file, in its order. @param {import('./api.js').Imported} found */
function table({ quiz, lines, warnings, errors }) {
  const mark = (/** @type {'good' | 'note' | 'bad'} */ kind, /** @type {string} */ words) => el('span', { class: `badge badge--${kind}` }, icon(kind === 'bad' ? 'close' : kind === 'note' ? 'info' : 'check'), ` ${words}`);
  const kept = quiz.questions.map((/** @type {any} */ question, /** @type {number} */ at) => {
    const said = warnings.filter((row) => row.line === lines[at]);
    return { line: lines[at], what: [el('span', { class: 'rows__what', dir: 'auto' }, question.stem), el('p', { class: 'quiet small' }, sayBy(`edit.kind-${question.type.replaceAll('_', '-')}`))], fate: said.length ? [mark('note', say('edit.import-remark')), ...said.map((row) => el('p', { class: 'small' }, rowWords(row)))] : [mark('good', say('edit.import-in'))] };
  });
  const out = errors.map((row) => ({ line: row.line, what: [el('span', { class: 'quiet' }, say('edit.import-unread'))], fate: [mark('bad', say('edit.import-out')), el('p', { class: 'small' }, rowWords(row))] }));
  const others = warnings.filter((row) => !lines.includes(row.line)).map((row) => ({ line: row.line, what: [''], fate: [mark('note', say('edit.import-remark')), el('p', { class: 'small' }, rowWords(row))] }));
  const all = [...kept, ...out, ...others].sort((one, other) => one.line - other.line);
  return el('div', { class: 'card' }, el('table', { class: 'table rows' }, el('caption', { class: 'vh' }, say('edit.import-rows')),
    el('thead', {}, el('tr', {}, ...['edit.import-row', 'edit.import-what', 'edit.import-fate'].map((key) => el('th', { scope: 'col' }, sayBy(key))))),
    el('tbody', {}, ...all.map(({ line, what, fate }) => el('tr', {}, el('td', { class: 'strong' }, `${say('edit.import-row')} ${figure(line ?? 0)}`), el('td', {}, ...what), el('td', {}, ...fate))))));
}

/** What is in the file. @param {import('./api.js').Imported} found */
function result(found) {
  const { quiz, lines, warnings, errors } = found;
  const remarked = lines.filter((line) => warnings.some((row) => row.line === line)).length;
  const n = lines.length;
  const key = uuid();
  const make = el('button', { class: 'btn btn--act', type: 'button' }, say('edit.import-make', { n }));
  const wrong = el('p', { class: 'field__error', role: 'alert' });
  make.addEventListener('click', async () => {
    if (make.getAttribute('aria-disabled') || !wanted.file) return;
    busy(make, say('edit.import-making'));
    try {
      const { made } = await take(wanted.file, asked(), key);
      location.assign(`/quizzes/${made?.id}/edit`);
    } catch (error) {
      wrong.replaceChildren(icon('alert', 'icon icon--sm'), el('span', {}, sentenceOf(error)));
      idle(make, say('edit.import-make', { n }));
    }
  });
  const other = el('button', { class: 'btn btn--line', type: 'button', onclick: () => { form(); byId('heading').focus(); } }, say('edit.import-other'));
  const part = (/** @type {string} */ kind, /** @type {string} */ sign, /** @type {string} */ words) => el('li', { class: `tally__part tally__part--${kind}` }, icon(sign), words);
  byId('place').replaceChildren(headOf(say('edit.import-found', { in: n, of: n + errors.length }), [el('p', {}, say('edit.import-from', { file: wanted.file?.name ?? '' })), wrong], [other, n > 0 && make]),
    el('div', { class: 'stack' }, el('p', { class: 'strong', dir: 'auto' }, quiz.title),
      el('ul', { class: 'tally', role: 'list' }, part('good', 'check', say('edit.import-kept', { n: n - remarked })), remarked > 0 && part('warn', 'info', say('edit.import-changed', { n: remarked })), errors.length > 0 && part('bad', 'close', say('edit.import-refused', { n: errors.length }))),
      table(found)));
  byId('heading').focus();
}

void keepIcons();
try {
  await call('GET', 'me');
  form();
} catch (error) {
  needsSignIn(error, byId('place'));
}

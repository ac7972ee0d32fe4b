// The reference for developers: made in the browser from this server's own two descriptions.

import { copied } from './copy.js';
import { announce, byId, el, icon, keepIcons } from './dom.js';
import { Schemas } from './schema.js';
import { parts, say } from './words.js';

const START = `const ws = new WebSocket("${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/ws", ["allthrive.v1.json", "ticket." + ticket]);
const send = (id, op, d, room) => ws.send(JSON.stringify({ id, op, room, d }));
ws.onopen = () => send(1, "hello", { subscribe: "all" });
ws.onmessage = ({ data }) => console.log(JSON.parse(data));
const say = (room, body) => send(2, "message.send", { cmid: crypto.randomUUID(), body }, room);`;

const slug = (/** @type {string} */ text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');

/** Words in which what stands between backquotes is code. @param {string} text */
const prose = (text) => text.split('`').map((part, at) => (at % 2 ? el('code', {}, part) : part));

/** @typedef {{group: string, title: string, id: string, node: HTMLElement}} Item */

/** Code with a button that copies it. @param {string} label @param {string} text */
function code(label, text) {
  const button = el('button', { class: 'btn btn--quiet btn--sm', type: 'button', 'aria-label': say('docs.copy-what', { what: label }), onclick: copy }, icon('copy', 'icon icon--sm'), ` ${say('docs.copy')}`);
  async function copy() {
    if (!(await copied(text))) return announce(say('docs.cannot-copy'));
    button.lastChild.textContent = ` ${say('docs.copied')}`;
    announce(say('docs.copied-said'));
    window.setTimeout(() => {
      button.lastChild.textContent = ` ${say('docs.copy')}`;
    }, 2000);
  }
  return el('div', { class: 'docs__code' }, el('div', { class: 'docs__bar' }, el('span', {}, label), button),
    el('pre', { tabindex: '0', role: 'group', 'aria-label': label }, el('code', {}, text)));
}

/** @param {Schemas} schemas @param {any} schema @param {string} caption */
function table(schemas, schema, caption) {
  const { fields, required } = schemas.fields(schema);
  const names = Object.keys(fields);
  if (!names.length) return null;
  const rows = names.map((name) => {
    const about = fields[name].description ?? schemas.at(fields[name])?.description ?? '';
    return el('tr', {}, el('td', {}, ...(required.has(name) ? [el('code', {}, name)] : parts('docs.optional', { field: el('code', {}, name) }))), el('td', {}, schemas.words(fields[name])), el('td', {}, ...prose(about)));
  });
  return el('div', { class: 'docs__scroll', tabindex: '0', role: 'group', 'aria-label': caption },
    el('table', { class: 'docs__table' }, el('caption', { class: 'vh' }, caption),
      el('thead', {}, el('tr', {}, ...[say('docs.field'), say('docs.what'), say('docs.meaning')].map((head) => el('th', { scope: 'col' }, head)))), el('tbody', {}, ...rows)));
}

/** @param {string} name makes its address, which is the same in every language @param {string} group @param {string} title @param {string} about @param {...(Node | null | undefined | false | string)} rest @returns {Item} */
function item(name, group, title, about, ...rest) {
  const id = slug(name);
  const node = el('article', { class: 'docs__item', id }, el('h3', {}, title), about && el('p', {}, ...prose(about)), ...rest);
  return { group, title, id, node };
}

const pretty = (/** @type {any} */ value) => JSON.stringify(value, null, 2);

/** @param {any} spec @returns {Item[]} */
function socketItems(spec) {
  const schemas = new Schemas(spec);
  const operations = Object.entries(spec.operations);
  const message = (/** @type {any} */ ref) => schemas.at(schemas.at(ref));
  const commands = operations.filter(([, operation]) => operation.action === 'receive').map(([name, operation]) => {
    const asked = message(operation.messages[0]);
    const answered = operation.reply && message(operation.reply.messages[0]);
    const d = asked.payload.properties?.d;
    const sent = { id: 7, ...schemas.frame(asked.payload) };
    return item(`commands ${name}`, say('docs.commands'), name, operation.summary, d && table(schemas, d, say('docs.fields-of', { name })), code(say('docs.you-send-what', { name }), pretty(sent)),
      answered && code(say('docs.answers'), pretty({ ...schemas.frame(answered.payload), id: 7 })));
  });
  const events = operations.filter(([, operation]) => operation.action === 'send').map(([name, operation]) => {
    const told = message(operation.messages[0]);
    const d = told.payload.properties?.d;
    return item(`events ${name.replace(/^event\./, '')}`, say('docs.events'), name.replace(/^event\./, ''), operation.summary, d && table(schemas, d, say('docs.fields-of', { name })), code(say('docs.tells'), pretty(schemas.frame(told.payload))));
  });
  const channel = /** @type {any} */ (Object.values(spec.channels)[0]);
  const rows = (/** @type {[string, string][]} */ pairs, /** @type {string} */ caption, /** @type {string[]} */ heads) => el('div', { class: 'docs__scroll', tabindex: '0', role: 'group', 'aria-label': caption },
    el('table', { class: 'docs__table' }, el('caption', { class: 'vh' }, caption), el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...pairs.map(([name, about]) => el('tr', {}, el('td', {}, el('code', {}, name)), el('td', {}, ...prose(about)))))));
  const codes = schemas.at({ $ref: '#/components/schemas/Code' })?.oneOf ?? [];
  const rest = [
    item('limits-and-codes-refusals', say('docs.limits-and-codes'), say('docs.refusals'), say('docs.refusals-more'), rows(codes.map((/** @type {any} */ one) => [one.const, one.description]), say('docs.refusals-table'), [say('docs.code'), say('docs.meaning')])),
    item('limits-and-codes-closes', say('docs.limits-and-codes'), say('docs.closes'), say('docs.closes-more'), rows(channel['x-close-codes'].map((/** @type {any} */ one) => [String(one.code), one.description]), say('docs.closes-table'), [say('docs.code'), say('docs.meaning')])),
    item('limits-and-codes-limits', say('docs.limits-and-codes'), say('docs.limits'), say('docs.limits-more'), rows(Object.entries(channel['x-limits']).map(([name, value]) => [name, String(value)]), say('docs.limits'), [say('docs.limit'), say('docs.value')])),
  ];
  return [...commands, ...events, ...rest];
}

/** @param {any} spec @returns {Item[]} */
function restItems(spec) {
  const schemas = new Schemas(spec);
  return Object.entries(spec.paths).flatMap(([path, methods]) => Object.entries(/** @type {Record<string, any>} */ (methods)).map(([method, operation]) => {
    const body = operation.requestBody?.content?.['application/json']?.schema;
    const good = /** @type {[string, any] | undefined} */ (Object.entries(operation.responses ?? {}).find(([status]) => status.startsWith('2')));
    const answer = good?.[1]?.content?.['application/json']?.schema;
    const bad = Object.entries(operation.responses ?? {}).filter(([status]) => !status.startsWith('2')).map(([status, one]) => `${status}${one.description ? ` (${one.description})` : ''}`);
    const writes = method !== 'get';
    const needsKey = (operation.parameters ?? []).some((/** @type {any} */ one) => schemas.at(one).name?.toLowerCase() === 'idempotency-key');
    const curl = [`curl -X ${method.toUpperCase()} ${location.origin}${path.replace('{id}', '0190a1b2-0000-7000-8000-000000000001')}`, operation.responses?.['401'] && !/\/(login|refresh)$/.test(path) && '-H "Authorization: Bearer $TOKEN"', needsKey && '-H "Idempotency-Key: $(uuidgen)"', body && '-H "Content-Type: application/json"', body && `-d '${JSON.stringify(schemas.example(body))}'`].filter(Boolean).join(' \\\n  ');
    return item(`rest ${method} ${path}`, 'REST', `${method.toUpperCase()} ${path}`, [operation.summary, operation.description].filter(Boolean).join(' '), body && table(schemas, body, say('docs.fields-of', { name: `${method} ${path}` })), code(writes ? say('docs.you-send') : say('docs.you-ask'), curl),
      answer ? code(`${good?.[0]}`, pretty(schemas.example(answer))) : good && el('p', { class: 'quiet' }, say('docs.no-body', { status: good[0] })),
      bad.length > 0 && el('p', { class: 'quiet' }, say('docs.may-answer', { statuses: bad.join(', ') })));
  }));
}

/** @param {Item[]} items */
function draw(items) {
  const groups = [...new Set(items.map(({ group }) => group))];
  byId('reference').replaceChildren(...groups.map((group) => el('div', { class: 'docs__group' },
    el('h2', {}, group), ...items.filter((one) => one.group === group).map(({ node }) => node))));
  byId('reference').removeAttribute('aria-busy');
  byId('nav').replaceChildren(...groups.map((group) => el('div', {}, el('h2', {}, group),
    el('ul', { role: 'list' }, ...items.filter((one) => one.group === group).map(({ id, title }) => el('li', {}, el('a', { href: `#${id}` }, title)))))));
  // The address may name a part that was not there when the page was opened.
  if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

/** @param {Item[]} items */
function find(items) {
  const words = byId('find').value.trim().toLowerCase();
  let left = 0;
  for (const link of byId('nav').querySelectorAll('a')) {
    link.parentElement.hidden = !link.textContent.toLowerCase().includes(words);
    if (!link.parentElement.hidden) left += 1;
  }
  for (const section of byId('nav').children) section.hidden = !section.querySelector('li:not([hidden])');
  announce(left === 0 ? say('docs.found-none', { words }) : say('docs.found', { n: left, all: items.length }));
}

async function read(/** @type {string} */ path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function start() {
  keepIcons();
  byId('start-code').replaceChildren(code('JavaScript', START));
  try {
    const [socket, rest] = await Promise.all([read('/asyncapi.json'), read('/openapi.json')]);
    const made = () => [...socketItems(socket), ...restItems(rest)];
    let items = made();
    draw(items);
    // What was typed before there was anything to find.
    if (byId('find').value) find(items);
    byId('find').addEventListener('input', () => find(items));
    document.addEventListener('language', () => {
      items = made();
      draw(items);
      if (byId('find').value) find(items);
      byId('start-code').replaceChildren(code('JavaScript', START));
    });
  } catch {
    byId('reference').removeAttribute('aria-busy');
    byId('reference').replaceChildren(el('p', { class: 'note note--warn' }, `${say('docs.not-read')} `,
      el('button', { class: 'btn btn--line btn--sm', type: 'button', onclick: start }, say('try-again'))));
  }
}

start();

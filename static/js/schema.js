// Reads JSON Schemas for people: what a value may be in words, and an example of it. Only what the two
// descriptions of this server use.

import { say } from './words.js';

/** @typedef {Record<string, any>} Schema */

/** "a or b or c". @param {string[]} choices */
const anyOf = (choices) => choices.reduce((one, other) => (one ? say('docs.or', { one, other }) : other), '');

/** What `"$ref"` names, within one document. */
export class Schemas {
  /** @param {any} document the description they are in */
  constructor(document) {
    this.document = document;
  }

  /** The thing that a reference names, or the thing itself. @param {any} node @returns {any} */
  at(node) {
    let found = node;
    for (let steps = 0; found?.$ref && steps < 8; steps += 1) {
      const path = found.$ref.slice(2).split('/').map((/** @type {string} */ part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
      found = path.reduce((/** @type {any} */ here, /** @type {string} */ part) => here?.[part], this.document);
    }
    // A reference that says something of its own.
    const only = found?.allOf?.length === 1 && !found.properties ? found.allOf[0] : null;
    return only ? { ...this.at(only), ...(found.description && { description: found.description }) } : found;
  }

  /** The name under which it is kept, if it is. @param {any} node */
  nameOf(node) {
    const ref = node?.$ref ?? (node?.allOf?.length === 1 ? node.allOf[0].$ref : undefined);
    return ref ? ref.split('/').at(-1) : '';
  }

  /** An object's fields, those of all its parts together. @param {Schema} schema @returns {{fields: Record<string, Schema>, required: Set<string>}} */
  fields(schema) {
    const whole = this.at(schema) ?? {};
    const fields = { ...whole.properties };
    const required = new Set(whole.required);
    for (const part of whole.allOf ?? []) {
      const more = this.fields(part);
      Object.assign(fields, more.fields);
      more.required.forEach((name) => required.add(name));
    }
    return { fields, required };
  }

  /** What it may be, in a few words. @param {Schema} schema @returns {string} */
  words(schema) {
    const whole = this.at(schema);
    if (!whole || whole === true) return say('docs.anything');
    if (whole.const !== undefined) return JSON.stringify(whole.const);
    if (whole.enum) return anyOf(whole.enum.map((/** @type {any} */ one) => JSON.stringify(one)));
    const choices = (whole.oneOf ?? whole.anyOf ?? []).filter((/** @type {Schema} */ one) => this.at(one)?.type !== 'null');
    if (choices.length) return anyOf([...new Set(choices.map((/** @type {Schema} */ one) => this.words(one)))]);
    const type = anyOf([whole.type].flat().filter((/** @type {string} */ one) => one && one !== 'null'));
    if (type === 'array') return say('docs.list-of', { what: this.words(whole.items ?? true) });
    if (type === 'object' || whole.properties || whole.allOf) return this.nameOf(schema) || say('docs.object');
    const bounds = [
      whole.minLength !== undefined && whole.maxLength !== undefined && say('docs.characters', { from: String(whole.minLength), to: String(whole.maxLength) }),
      whole.minimum !== undefined && whole.maximum !== undefined && say('docs.range', { from: String(whole.minimum), to: String(whole.maximum) }),
      whole.format === 'uuid' && 'UUID',
    ].filter(Boolean);
    return [type || say('docs.anything'), ...bounds].join(', ');
  }

  /** A frame that fits, of what it must have and what it says. @param {Schema} schema */
  frame(schema) {
    const { fields, required } = this.fields(schema);
    const told = Object.entries(fields).filter(([name]) => name === 'd' || (required.has(name) && name !== 'id'));
    const place = (/** @type {string} */ name) => ['op', 'event', 'room', 'seq', 'ts', 'd'].indexOf(name);
    return Object.fromEntries(told.sort(([a], [b]) => place(a) - place(b)).map(([name, of]) => [name, this.example(of, name)]));
  }

  /** A value that fits. @param {Schema} schema @param {string} [name] of its field @param {number} [depth] @returns {any} */
  example(schema, name = '', depth = 0) {
    const whole = this.at(schema);
    if (!whole || whole === true || depth > 7) return {};
    if (whole.example !== undefined) return whole.example;
    if (whole.examples?.length) return whole.examples[0];
    if (whole.const !== undefined) return whole.const;
    if (whole.enum) return whole.enum[0];
    const choice = (whole.oneOf ?? whole.anyOf ?? []).find((/** @type {Schema} */ one) => this.at(one)?.type !== 'null');
    if (choice) return this.example(choice, name, depth + 1);
    const type = [whole.type].flat().find((/** @type {string} */ one) => one && one !== 'null');
    if (type === 'array') return [this.example(whole.items ?? true, name, depth + 1)];
    if (type === 'string') return sample(this.nameOf(schema), name, whole);
    if (type === 'integer' || type === 'number') return /ts$|_ts$|^at$/.test(name) ? 1790000000000 : Math.max(whole.minimum ?? 0, Math.min(42, whole.maximum ?? 42));
    if (type === 'boolean') return name !== 'dup';
    const { fields } = this.fields(schema);
    return Object.fromEntries(Object.entries(fields).map(([field, of]) => [field, this.example(of, field, depth + 1)]));
  }
}

/** A text that looks like what it stands for. @param {string} kept @param {string} name @param {Schema} schema */
function sample(kept, name, schema) {
  if (kept === 'UserId' || name === 'user') return 'u_0190a1b2-0000-7000-8000-000000000002';
  if (schema.format === 'uuid' || /Id$|Cmid/.test(kept)) return '0190a1b2-0000-7000-8000-000000000001';
  const known = { body: 'Hello', emoji: '👍', username: 'mira', name: 'Mira O', title: 'Lake trip', message: 'A sentence for people.', ticket: '…' };
  return /** @type {Record<string, string>} */ (known)[name] ?? '…';
}

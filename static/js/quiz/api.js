// Quizzes over REST, as the pages need them.

import { call } from '../session.js';

/**
 * @typedef {{field: string, code: string, message: string}} Fault what does not fit, at its path
 * @typedef {{id: string, slug: string, rev: number, published_ts?: number, updated_ts: number, lacks: Fault[]}} Head
 * @typedef {Head & {quiz: any}} Kept
 * @typedef {{line: number, code: string, message: string}} Row
 * @typedef {{made?: Kept, quiz?: any, lines: number[], warnings: Row[], errors: Row[]}} Imported
 */

/** @param {any} quiz @param {string} key makes a second press harmless @returns {Promise<Kept>} */
export const create = (quiz, key) => call('POST', 'quizzes', { body: quiz, key });
/** @param {string} id @returns {Promise<any>} */
export const read = (id) => call('GET', `quizzes/${id}`);
/** @param {string} id @param {number} rev what is replaced @param {any} quiz @returns {Promise<Head>} */
export const replace = (id, rev, quiz) => call('PUT', `quizzes/${id}`, { body: { rev, quiz } });
/** @param {string} id @param {number} rev @param {boolean} on @returns {Promise<Head>} */
export const publish = (id, rev, on) => call('POST', `quizzes/${id}/${on ? 'publish' : 'unpublish'}`, { body: { rev } });
/** @param {string} id */
export const remove = (id) => call('DELETE', `quizzes/${id}`);
/** @param {URLSearchParams} wanted */
export const browse = (wanted) => call('GET', `quizzes?${wanted}`);
/** A page of a list of one's own. @param {string} path @param {string} [cursor] */
export const page = (path, cursor = '') => call('GET', `${path}?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
/** @param {string} [cursor] */
export const own = (cursor = '') => page('me/quizzes', cursor);
/** @param {string} id */
export const attempts = (id) => call('GET', `quizzes/${id}/attempts`);
/** @param {string} id @param {string} factor */
export const start = (id, factor) => call('POST', `quizzes/${id}/start`, { body: { factor } });
export const topics = () => call('GET', 'quizzes/topics');
/** @param {File} file @param {Record<string, string>} how @param {string} [key] none of a dry run @returns {Promise<Imported>} */
export const take = (file, how, key) => call('POST', `quizzes/import?${new URLSearchParams(how)}`, { file, key });

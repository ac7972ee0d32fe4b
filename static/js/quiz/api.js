// Quizzes over REST, as the pages need them.

import { call } from '../session.js';

/**
 * @typedef {{id: string, slug: string, rev: number, published_at?: number, updated_at?: number, quiz: any}} Kept
 */

/** @param {any} quiz @param {string} key makes a second press harmless @returns {Promise<Kept>} */
export const create = (quiz, key) => call('POST', 'quizzes', { body: quiz, key });
/** @param {string} id @returns {Promise<any>} */
export const read = (id) => call('GET', `quizzes/${id}`);
/** @param {string} id @param {number} rev what is replaced @param {any} quiz @returns {Promise<Kept>} */
export const replace = (id, rev, quiz) => call('PUT', `quizzes/${id}`, { body: { rev, quiz } });
/** @param {string} id @param {boolean} on @returns {Promise<any>} */
export const publish = (id, on) => call('POST', `quizzes/${id}/${on ? 'publish' : 'unpublish'}`);
/** @param {string} id */
export const remove = (id) => call('DELETE', `quizzes/${id}`);
/** @param {URLSearchParams} wanted */
export const browse = (wanted) => call('GET', `quizzes?${wanted}`);
/** @param {string} [cursor] */
export const own = (cursor = '') => call('GET', `me/quizzes?limit=50${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
export const topics = () => call('GET', 'quizzes/topics');

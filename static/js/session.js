// Who is signed in here, and every REST call: CSRF, one refresh, errors as values with words.

import { reasonOf } from './reason.js';
import { say } from './words.js';

export { uuid } from './uuid.js';

const BASE = '/api/v1';
const EXPIRY_KEY = 'allthrive.access_expires_ts';

/**
 * A call that the server refused, or that did not reach it (`status` 0).
 * @typedef {{field: string, code: string, message: string}} FieldError
 */
export class Refused extends Error {
  /** @param {{status: number, code?: string, title?: string, detail?: string, request_id?: string, errors?: FieldError[], after_s?: number}} problem */
  constructor(problem) {
    super(reasonOf(problem.code, problem.detail || problem.title || say('failure.unexpected')));
    this.status = problem.status;
    this.code = problem.code ?? '';
    /** @type {FieldError[]} */
    this.errors = (problem.errors ?? []).map((fault) => ({ ...fault, message: reasonOf(`${fault.field}.${fault.code}`, fault.message) }));
    this.requestId = problem.request_id ?? '';
    /** Seconds until the same call can succeed, if the server said so. */
    this.afterSeconds = problem.after_s;
  }

  /** Whether the call never got an answer. */
  get isOffline() {
    return this.status === 0;
  }
}

let csrf = '';
/** @type {Promise<void> | null} */
let refreshing = null;

/** When the access cookie ends, unix milliseconds; 0 if nobody signed in here. */
export function accessExpires() {
  return Number(localStorage.getItem(EXPIRY_KEY) ?? 0);
}

/** @param {number} ts */
function rememberExpiry(ts) {
  localStorage.setItem(EXPIRY_KEY, String(ts));
}

function forgetExpiry() {
  localStorage.removeItem(EXPIRY_KEY);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, file?: Blob, key?: string}} [options] what is sent: a value, or a file as it is
 * @returns {Promise<any>}
 */
async function attempt(method, path, { body, file, key } = {}) {
  /** @type {Record<string, string>} */
  const headers = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (file) headers['content-type'] = 'application/octet-stream';
  if (key) headers['idempotency-key'] = key;
  if (method !== 'GET') headers['x-csrf-token'] = csrf || (csrf = (await attempt('GET', 'auth/csrf')).token);
  let response;
  try {
    response = await fetch(`${BASE}/${path}`, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      body: file ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch {
    throw new Refused({ status: 0, detail: say('failure.unreached') });
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  const wait = Number(response.headers.get('retry-after'));
  throw new Refused({ ...answer, status: response.status, after_s: Number.isFinite(wait) && wait > 0 ? wait : undefined });
}

/**
 * One call without a session. A CSRF token that has run out is fetched anew, once.
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, file?: Blob, key?: string}} [options]
 */
export async function plain(method, path, options) {
  try {
    return await attempt(method, path, options);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 403 && method !== 'GET' && error.code.includes('csrf'))) throw error;
    csrf = '';
    return attempt(method, path, options);
  }
}

/**
 * Renews the access cookie. Calls made at the same time share one renewal.
 * Throws `Refused` with status 401 when the sign-in has ended.
 */
export function refresh() {
  refreshing ??= plain('POST', 'auth/refresh')
    .then((answer) => rememberExpiry(answer.access_expires_ts))
    .catch((error) => {
      if (error.status === 401) forgetExpiry();
      throw error;
    })
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

/**
 * One call as the person signed in. After a 401 the access cookie is renewed once.
 * @param {string} method
 * @param {string} path
 * @param {{body?: any, file?: Blob, key?: string}} [options]
 */
export async function call(method, path, options) {
  try {
    return await plain(method, path, options);
  } catch (error) {
    if (!(error instanceof Refused && error.status === 401)) throw error;
    await refresh();
    return plain(method, path, options);
  }
}

/**
 * Every item of a list, page after page, up to `most`.
 * @param {string} path
 * @param {number} [most]
 */
export async function callAll(path, most = 1000) {
  const items = [];
  let cursor = '';
  do {
    const page = await call('GET', `${path}?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...page.items);
    cursor = page.next_cursor ?? '';
  } while (cursor && items.length < most);
  return items;
}

/** @param {{username: string, email: string, password: string}} form */
export const signUp = (form) => plain('POST', 'auth/signup', { body: form });
/** @param {string} token */
export const verify = (token) => plain('POST', 'auth/verify', { body: { token } });
/** @param {string} email */
export const resend = (email) => plain('POST', 'auth/verify/resend', { body: { email } });

/** @param {string} login @param {string} password */
export async function signIn(login, password) {
  const answer = await plain('POST', 'auth/login', { body: { login, password } });
  rememberExpiry(answer.access_expires_ts);
  return answer.user;
}

/** Ends the sign-in on this device. One that has ended already is no error. */
export async function signOut() {
  try {
    await plain('POST', 'auth/logout');
  } catch (error) {
    if (!(error instanceof Refused && error.status === 401)) throw error;
  }
  forgetExpiry();
}

/** Where `?next=` leads: a path of this origin, or the front page. @param {string} search */
export function nextPath(search) {
  const wanted = new URLSearchParams(search).get('next') ?? '/';
  const url = URL.canParse(wanted, location.origin) ? new URL(wanted, location.origin) : null;
  if (!url || url.origin !== location.origin || !wanted.startsWith('/')) return '/';
  const path = url.pathname + url.search + url.hash;
  // Dots are resolved by now: what begins with two slashes would be another host.
  return path.startsWith('//') ? '/' : path;
}

/** Goes to the sign-in page and back here afterwards. */
export function goSignIn() {
  const here = location.pathname + location.search + location.hash;
  location.replace(here === '/' ? '/signin' : `/signin?next=${encodeURIComponent(here)}`);
}

// A sign-in for programs: what a browser does by its cookies, in a few lines.

/** A call that is not answered by then has failed, and is made again by whoever made it. */
const ANSWER_MS = 30_000;

/** A call that the server refused. */
export class Refused extends Error {
  /** @param {number} status @param {{code?: string, detail?: string}} problem */
  constructor(status, problem) {
    super(problem.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = problem.code ?? '';
  }
}

/**
 * Signs in with a name (or address) and a password. What it returns is what `Client` needs.
 * @param {string} server as in `https://chat.example.org`
 * @param {string} login
 * @param {string} password
 * @returns {Promise<{me: any, url: string, ticket: () => Promise<string>, call: (method: string, path: string, body?: any, key?: string) => Promise<any>}>}
 */
export async function signIn(server, login, password) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  let csrf = '';
  /** @type {Promise<any> | null} */
  let refreshing = null;

  /** @param {string} method @param {string} path @param {any} [body] @param {string} [key] */
  async function send(method, path, body, key) {
    const headers = {
      accept: 'application/json',
      cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
      ...(csrf && { 'x-csrf-token': csrf }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { 'idempotency-key': key }),
    };
    const answer = await fetch(`${server}/api/v1/${path}`, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair] = line.split(';');
      const at = pair.indexOf('=');
      if (/max-age=0(;|$)/i.test(line)) cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await answer.text();
    const said = text ? JSON.parse(text) : null;
    if (!answer.ok) throw new Refused(answer.status, said ?? {});
    return said;
  }

  /** Once more with a renewed sign-in, if that has ended. @param {string} method @param {string} path @param {any} [body] @param {string} [key] */
  async function call(method, path, body, key) {
    try {
      return await send(method, path, body, key);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 401) throw error;
      // Calls at once share one renewal: a token that is shown again, late, ends the sign-in.
      refreshing ??= send('POST', 'auth/refresh', {}).finally(() => {
        refreshing = null;
      });
      await refreshing;
      return send(method, path, body, key);
    }
  }

  csrf = (await send('GET', 'auth/csrf')).token;
  const { user } = await send('POST', 'auth/login', { login, password });
  return {
    me: user,
    url: `${server.replace(/^http/, 'ws')}/v1/ws`,
    ticket: async () => (await call('POST', 'auth/ws-ticket', {})).ticket,
    call,
  };
}

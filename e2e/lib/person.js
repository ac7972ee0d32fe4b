// A person at a browser: an account, a context of its own, and what people do on the pages.

import { expect } from '@playwright/test';

export const PASSWORD = 'kelp harbour seven boats';

/** Console lines that the browser itself writes about an answer or a line that is gone. */
const OF_THE_NETWORK = /^(Failed to load resource|WebSocket connection to)/;

/**
 * Fails the test on any error a page writes or throws, and on anything its policy blocks. What the browser
 * says of a refused or lost request is allowed where the story is about one.
 */
export function watch(page, { network = false } = {}) {
  const wrong = [];
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return;
    if (network && OF_THE_NETWORK.test(message.text())) return;
    wrong.push(message.text());
  });
  page.on('pageerror', (error) => wrong.push(String(error)));
  return wrong;
}

/** Makes a confirmed account without a browser; the browser's own way has its own test. */
export async function makeAccount(server, request, username) {
  const email = `${username}@example.org`;
  const api = await client(server, request);
  await api.post('auth/signup', { username, email, password: PASSWORD });
  const link = await server.mailedLink(email);
  await api.post('auth/verify', { token: new URL(link).hash.slice('#token='.length) });
}

/** REST as a page would call it. */
export async function client(server, request) {
  const base = `${server.origin}/api/v1`;
  // Each on a connection of its own: one that idles may be closed by the server just as it is used again.
  const alone = { connection: 'close' };
  const { token } = await (await request.get(`${base}/auth/csrf`, { headers: alone })).json();
  const post = async (path, data, key) => {
    const answer = await request.post(`${base}/${path}`, {
      data,
      headers: { ...alone, 'x-csrf-token': token, origin: server.origin, 'sec-fetch-site': 'same-origin', ...(key ? { 'idempotency-key': key } : {}) },
    });
    expect(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
    return answer.status() === 204 ? null : answer.json();
  };
  return { post, get: async (path) => (await request.get(`${base}/${path}`)).json() };
}

export class Person {
  /** @param {import('@playwright/test').Browser} browser */
  constructor(browser, server, name, { network = false, ...options } = {}) {
    Object.assign(this, { browser, server, name, network, options });
    this.wrong = [];
  }

  /** Opens a browser of one's own and signs in. */
  static async signedIn(browser, server, name, options) {
    const person = new Person(browser, server, name, options);
    await person.arrive();
    await makeAccount(server, person.context.request, name);
    await person.signIn();
    return person;
  }

  async arrive() {
    this.context = await this.browser.newContext({ baseURL: this.server.origin, ...this.options });
    this.page = await this.newPage();
  }

  /** One more tab of the same browser. */
  async newPage() {
    const page = await this.context.newPage();
    this.wrong.push(watch(page, { network: this.network }));
    return page;
  }

  async signIn() {
    await this.page.goto('/signin');
    await this.page.getByLabel('User name or e-mail').fill(this.name);
    await this.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await expect(this.page.getByRole('heading', { name: 'Chats' })).toBeVisible();
  }

  /** Starts a conversation with one person. */
  async startDirect(other) {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByLabel('Their user name').fill(other);
    await this.page.getByRole('button', { name: 'Start the conversation' }).click();
    await expect(this.page.getByRole('heading', { level: 1, name: other })).toBeVisible();
  }

  /** Starts a group or a public room. */
  async startTitled(kind, title) {
    await this.page.getByRole('button', { name: 'New conversation' }).click();
    await this.page.getByRole('radio', { name: kind }).check();
    await this.page.getByLabel('Its name').fill(title);
    await this.page.getByRole('button', { name: 'Start the conversation' }).click();
    await expect(this.page).toHaveURL(/#room\//);
    await expect(this.page.locator('#thread-title')).toHaveText(title);
  }

  async openConversation(name) {
    await this.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name }).click();
    await expect(this.page.locator('#thread-title')).toHaveText(name);
  }

  async write(text) {
    await this.page.getByRole('textbox', { name: /^Message/ }).fill(text);
    await this.page.keyboard.press('Enter');
  }

  /** Says many things in the open conversation at once, over a connection beside the page's. */
  async sayAll(texts) {
    await this.page.evaluate(async (bodies) => {
      const room = location.hash.split('/')[1];
      const socket = new WebSocket(`ws://${location.host}/v1/ws`, ['allthrive.v1.json']);
      await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
      const ask = (commands) => new Promise((resolve) => {
        let left = commands.length;
        const hear = ({ data }) => {
          if (JSON.parse(data).id === undefined || --left > 0) return;
          socket.removeEventListener('message', hear);
          resolve();
        };
        socket.addEventListener('message', hear);
        for (const [at, command] of commands.entries()) socket.send(JSON.stringify({ id: at + 1, ...command }));
      });
      await ask([{ op: 'hello', d: { subscribe: [room] } }]);
      await ask(bodies.map((body) => ({ op: 'message.send', room, d: { cmid: crypto.randomUUID(), body } })));
      socket.close();
    }, texts);
  }

  /** Waits until a message stands there, acknowledged if it is the own one, and stands there once. */
  async sees(text) {
    await expect(bubbles(this.page, text)).toHaveCount(1);
    await expect(this.page.locator('.msg:not(.is-sending, .is-failed) .bubble').filter({ hasText: text })).toHaveCount(1);
  }

  /** All texts in the open conversation, in order. */
  async texts() {
    return this.page.locator('.msg .bubble').allInnerTexts();
  }

  async leave() {
    await this.context.close();
    expect(this.wrong.flat()).toEqual([]);
  }
}

/** Messages with exactly this text. */
export const bubbles = (page, text) => page.locator('.msg .bubble').filter({ has: page.getByText(text, { exact: true }) });

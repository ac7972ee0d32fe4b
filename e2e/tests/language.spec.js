// The pages in German: by the browser's languages, or by choice; and that the two catalogues say the same things.

import { readdirSync, readFileSync } from 'node:fs';
import { PASSWORD, makeAccount } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const STATIC = new URL('../../static/', import.meta.url);

/** Opens the way in as somebody whose browser speaks German. */
async function german(browser, server, viewport) {
  const context = await browser.newContext({ baseURL: server.origin, locale: 'de-DE', ...(viewport ? { viewport } : {}) });
  return { context, page: await context.newPage() };
}

async function anmelden(page, name) {
  await page.goto('/signin');
  await page.getByLabel('Benutzername oder E-Mail').fill(name);
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await expect(page.locator('#list-title')).toBeVisible();
}

test('a browser that speaks German is spoken to in German, and one that is told otherwise keeps to it', async ({ browser, server }) => {
  const { context, page } = await german(browser, server);
  await page.goto('/signin');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.locator('#login').fill('mira');
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await expect(page.locator('#login')).toHaveValue('mira');
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await context.close();
});

for (const viewport of [undefined, { width: 360, height: 640 }]) {
  test(`no page in German is inaccessible or wider than ${viewport ? 'a phone' : 'a desk'}`, async ({ browser, server }) => {
    const { context, page } = await german(browser, server, viewport);
    for (const path of ['/signin', '/signup', '/verify', '/docs']) {
      await page.goto(path);
      await expect(page.locator('html')).toHaveAttribute('lang', 'de');
      await expectFits(page);
      await expectAccessible(page);
    }
    await context.close();
  });
}

test('people talk to each other, each in their own language', async ({ browser, server, people, named, request }) => {
  const zoe = await people('zoe');
  const name = named('bruno');
  await makeAccount(server, request, name);
  const { context, page } = await german(browser, server);
  await anmelden(page, name);
  await zoe.startDirect(name);
  await zoe.write('Guten Morgen');
  await page.locator('#list-items').getByRole('link', { name: zoe.name }).click();
  await expect(page.getByText('Guten Morgen').last()).toBeVisible();
  await page.getByRole('textbox').last().fill('Moin');
  await page.keyboard.press('Enter');
  await expect(zoe.page.getByText('Moin').last()).toBeVisible();
  await expectAccessible(page);
  await expectFits(page);
  const english = await page.locator('body').innerText();
  for (const word of ['Chats', 'Sending', 'Message', 'New conversation', 'Today']) {
    if (word !== 'Chats') expect(english, word).not.toContain(word);
  }
  await context.close();
});

test('both catalogues have the same keys, none of them twice', () => {
  const read = (language) => Object.fromEntries(readdirSync(new URL(`words/${language}/`, STATIC)).map((file) => [file, readFileSync(new URL(`words/${language}/${file}`, STATIC), 'utf8')]));
  const keysOf = (texts) => Object.values(texts).flatMap((text) => [...text.matchAll(/^ {2}'([^']+)':/gm)].map((found) => found[1])).sort();
  const [en, de] = [keysOf(read('en')), keysOf(read('de'))];
  expect(en.length).toBeGreaterThan(100);
  expect(de).toEqual(en);
  expect(new Set(en).size).toBe(en.length);
});

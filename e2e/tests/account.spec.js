// Signing up, confirming, signing in and out, all in the browser.

import { PASSWORD, makeAccount, watch } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

test('somebody signs up, opens the mailed link, confirms, signs in and signs out', async ({ browser, server, named }) => {
  const context = await browser.newContext({ baseURL: server.origin });
  const page = await context.newPage();
  const wrong = watch(page);
  const name = named('mira');
  const email = `${name}@example.org`;

  await page.goto('/');
  await expect(page).toHaveURL(/\/signin$/);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await expectAccessible(page);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await expect(page.locator('[data-rule="length"]')).toHaveClass('is-ok');
  await expect(page.locator('[data-rule="own"]')).toHaveClass('is-ok');
  await page.getByRole('button', { name: 'Create account' }).click();

  await expect(page.getByRole('heading', { level: 1, name: 'One click to go' })).toBeFocused();
  await expect(page.getByRole('button', { name: /^Send again in \d+ s$/ })).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(page);

  await page.goto(await server.mailedLink(email));
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Confirm this e-mail' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Confirmed. Welcome, ${name}`);
  await expectAccessible(page);

  await page.getByRole('link', { name: 'Sign in' }).click();
  await expect(page.getByLabel('User name or e-mail')).toHaveValue(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Start a conversation' })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'You' }).click();
  await expect(page.getByRole('dialog')).toContainText(email);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/signin$/);
  await page.goto('/');
  await expect(page).toHaveURL(/\/signin$/);
  expect(wrong).toEqual([]);
  await context.close();
});

test('a form that is sent with mistakes says each of them above and at its field', async ({ page, server, named }) => {
  const wrong = watch(page, { network: true });
  await page.goto(`${server.origin}/signup`);
  await page.getByLabel('User name').fill('mi');
  await page.getByLabel('E-mail').fill('mira@');
  await page.getByLabel('Password', { exact: true }).fill('cocoa1931');
  await page.getByRole('button', { name: 'Create account' }).click();

  await expect(page).toHaveTitle(/^Error: /);
  const summary = page.getByRole('alert');
  await expect(summary).toBeFocused();
  await expect(summary.getByRole('heading')).toHaveText('Three things to fix');
  for (const id of ['username', 'email', 'password']) await expect(page.locator(`#${id}`)).toHaveAttribute('aria-invalid', 'true');
  await expect(page.locator('#password-err')).toContainText('Make the password 3 characters longer.');
  await expectAccessible(page);
  await expectFits(page);

  await summary.getByRole('link', { name: /after @ is missing/ }).click();
  await expect(page.locator('#email')).toBeFocused();

  const name = named('zoe');
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('E-mail').fill(`${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill('passwordpassword');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(summary.getByRole('heading')).toHaveText('One thing to fix');
  await expect(page.locator('#password-err')).toContainText('easy to guess');
  await expect(page.locator('[data-rule="common"]')).toHaveClass('is-not');
  await expectAccessible(page);
  expect(wrong).toEqual([]);
});

test('a user name that is taken is said, and what was typed stays', async ({ page, server, request, named }) => {
  const wrong = watch(page, { network: true });
  const name = named('ana');
  await makeAccount(server, request, name);
  await page.goto(`${server.origin}/signup`);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('E-mail').fill(`other-${name}@example.org`);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.locator('#username-err')).toContainText('taken');
  await expect(page.getByLabel('Password', { exact: true })).toHaveValue(PASSWORD);
  expect(wrong).toEqual([]);
});

test('a wrong password and an unknown name read the same', async ({ page, server, request, named }) => {
  const wrong = watch(page, { network: true });
  const name = named('bo');
  await makeAccount(server, request, name);
  const said = [];
  for (const login of [name, named('nobody')]) {
    await page.goto(`${server.origin}/signin`);
    await page.getByLabel('User name or e-mail').fill(login);
    await page.getByLabel('Password', { exact: true }).fill('not the right one at all');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('alert')).toBeFocused();
    said.push(await page.getByRole('alert').innerText());
    await expectAccessible(page);
  }
  expect(said[0]).toBe(said[1]);
  expect(wrong).toEqual([]);
});

test('whoever has not confirmed is told so, can have the mail again, and comes in afterwards', async ({ page, server, named }) => {
  const wrong = watch(page);
  const name = named('ines');
  const email = `${name}@example.org`;
  await page.goto(`${server.origin}/signup`);
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  const first = await server.mailedLink(email);

  await page.getByRole('link', { name: 'Go to sign-in' }).click();
  await page.getByLabel('User name or e-mail').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Confirm your e-mail first' })).toBeFocused();
  await expectAccessible(page);
  await page.goto(server.origin);
  await expect(page.getByRole('heading', { level: 1, name: 'Confirm your e-mail first' })).toBeVisible();
  await page.getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByText('Sent a new one.')).toBeVisible();

  await expect.poll(() => server.mailedLink(email)).not.toBe(first);
  const tab = await page.context().newPage();
  await tab.goto(await server.mailedLink(email));
  await tab.getByRole('button', { name: 'Confirm this e-mail' }).click();
  await expect(tab.getByRole('heading', { level: 1 })).toContainText('Confirmed');
  await page.getByRole('button', { name: 'I have confirmed it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
  expect(wrong).toEqual([]);
});

test('a link that is used up says so and offers a new one', async ({ page, server }) => {
  const wrong = watch(page, { network: true });
  await page.goto(`${server.origin}/verify#token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  await page.getByRole('button', { name: 'Confirm this e-mail' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work any more');
  await expectAccessible(page);
  await page.getByLabel('E-mail').fill('nobody@example.org');
  await page.getByRole('button', { name: 'Send a new link' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Look into your mail');
  await expectAccessible(page);
  expect(wrong).toEqual([]);
});

test('the way back after signing in stays on this site', async ({ browser, server, named }) => {
  const context = await browser.newContext({ baseURL: server.origin });
  const page = await context.newPage();
  const name = named('jonas');
  await makeAccount(server, context.request, name);
  for (const [next, end] of [['//evil.example', '/'], ['https://evil.example/', '/'], ['/\\evil.example', '/'], ['/#room/00000000-0000-7000-8000-000000000000', '/#room/00000000-0000-7000-8000-000000000000']]) {
    await page.goto(`/signin?next=${encodeURIComponent(next)}`);
    await page.getByLabel('User name or e-mail').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(server.origin + end);
  }
  await context.close();
});

test('a sign-in leads to a path of this origin and nowhere else', async ({ page, server }) => {
  await page.goto(`${server.origin}/signin`);
  const leads = (next) =>
    page.evaluate(async (search) => (await import('/js/session.js')).nextPath(search), `?next=${encodeURIComponent(next)}`);
  expect(await leads('/#room/1')).toBe('/#room/1');
  for (const foreign of ['//evil.example', '/.//evil.example', '/a/..//evil.example', '/%2e//evil.example', '/\\evil.example', 'https://evil.example/']) {
    expect(await leads(foreign), foreign).toBe('/');
  }
});

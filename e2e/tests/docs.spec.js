// The reference for developers: made from the server's own descriptions, offline, and readable by everybody.

import { expect, expectAccessible, test } from '../lib/test.js';

test('a developer finds a command and copies its example', async ({ page, server, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const elsewhere = [];
  page.on('request', (request) => new URL(request.url()).origin === new URL(server.origin).origin || elsewhere.push(request.url()));
  await page.goto(`${server.origin}/docs`);
  const nav = page.getByRole('navigation', { name: 'Reference' });
  await page.getByLabel('Find').fill('message.s');
  await expect(nav.getByRole('link')).toHaveCount(1);
  await nav.getByRole('link', { name: 'message.send' }).click();
  const part = page.locator('#commands-message-send');
  await expect(part.getByRole('heading', { name: 'message.send' })).toBeInViewport();
  await part.getByRole('button', { name: 'Copy: You send message.send' }).click();
  await expect(part.getByRole('button', { name: 'Copy: You send message.send' })).toHaveText('Copied');
  const example = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  expect(example.op).toBe('message.send');
  expect(example.d.body).toBe('Hello');
  expect(elsewhere).toEqual([]);
});

test('every command, event and resource is there, in a page that everybody can read', async ({ page, server }) => {
  await page.goto(`${server.origin}/docs`);
  await expect(page.getByText('Reading the descriptions…')).toHaveCount(0);
  const [socket, rest] = await page.evaluate(() => Promise.all(['/asyncapi.json', '/openapi.json'].map((path) => fetch(path).then((answer) => answer.json()))));
  const operations = Object.keys(socket.operations).length;
  const resources = Object.values(rest.paths).flatMap((methods) => Object.keys(methods)).length;
  await expect(page.locator('#reference .docs__item')).toHaveCount(operations + resources + 3);
  await expectAccessible(page);
});

test('on a phone nothing is wider than the screen', async ({ page, server }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`${server.origin}/docs`);
  await expect(page.getByRole('heading', { name: 'REST' }).last()).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
});

test('a link to one part opens at that part', async ({ page, server }) => {
  await page.goto(`${server.origin}/docs#events-message-new`);
  await expect(page.getByRole('heading', { name: 'message.new' })).toBeInViewport();
});

test('descriptions that cannot be read are said so and asked for again', async ({ page, server }) => {
  await page.route('**/asyncapi.json', (route) => route.abort());
  await page.goto(`${server.origin}/docs`);
  await expect(page.getByText('The descriptions could not be read.')).toBeVisible();
  await page.unroute('**/asyncapi.json');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'message.send' })).toBeVisible();
});

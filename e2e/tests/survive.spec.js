// Nothing that was told is lost and nothing is told twice: cut lines, a killed server, a page loaded again.

import { bubbles } from '../lib/person.js';
import { ENGINES } from '../lib/server.js';
import { expect, expectAccessible, test } from '../lib/test.js';

const OFFLINE = 'You are offline.';
const BACK = 'Back online.';

/** Two people in a direct conversation that both have open. */
async function talking(people, options) {
  const mira = await people('mira', { network: true, ...options });
  const zoe = await people('zoe', { network: true, ...options });
  await mira.startDirect(zoe.name);
  await zoe.openConversation(mira.name);
  return [mira, zoe];
}

const lines = (word, n) => Array.from({ length: n }, (_, at) => `${word} ${at + 1}`);

test('one is offline while the other writes, and catches up without loss or repeat', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await mira.write('Still here');
  await zoe.sees('Still here');

  await zoe.context.setOffline(true);
  const banner = zoe.page.getByRole('region', { name: 'Connection' });
  await expect(banner).toContainText(OFFLINE);
  await zoe.write('Written in the tunnel');
  await expect(zoe.page.locator('.msg.is-sending')).toContainText('Written in the tunnel');
  await expect(zoe.page.locator('#off-note')).toContainText('1 message is waiting');
  await expectAccessible(zoe.page);
  for (const line of lines('While you were away', 12)) await mira.write(line);
  await mira.sees('While you were away 12');

  await zoe.context.setOffline(false);
  await expect(banner).toContainText(BACK);
  await zoe.sees('While you were away 12');
  await zoe.sees('Written in the tunnel');
  await mira.sees('Written in the tunnel');
  await expect(banner).toBeHidden();
  const said = ['Still here', ...lines('While you were away', 12), 'Written in the tunnel'];
  expect(await zoe.texts()).toEqual(said);
  expect(await mira.texts()).toEqual(said);
});

for (const engine of ENGINES) {
  test(`the server is killed and comes back on the same data: all of it is there once, on ${engine}`, async ({ people, start }) => {
    const server = await start(engine);
    const [mira, zoe] = await talking(people, { server });
    for (const line of lines('Before', 5)) await mira.write(line);
    await zoe.sees('Before 5');
    await server.kill();
    for (const person of [mira, zoe]) await expect(person.page.getByRole('region', { name: 'Connection' })).toContainText(OFFLINE);
    for (const line of lines('Mira waits', 3)) await mira.write(line);
    for (const line of lines('Zoë waits', 3)) await zoe.write(line);
    await server.run();
    for (const person of [mira, zoe]) {
      const now = person.page.getByRole('button', { name: 'Try now' });
      if (await now.isVisible()) await now.click({ timeout: 1_000 }).catch(() => {});
      await person.sees('Mira waits 3');
      await person.sees('Zoë waits 3');
    }
    const said = await mira.texts();
    expect(await zoe.texts()).toEqual(said);
    expect([...said].sort()).toEqual([...lines('Before', 5), ...lines('Mira waits', 3), ...lines('Zoë waits', 3)].sort());
    expect(said.filter((text) => text.startsWith('Mira'))).toEqual(lines('Mira waits', 3));
    await mira.page.reload();
    await mira.sees('Before 1');
    expect(await mira.texts()).toEqual(said);
  });
}

test('a page loaded again while a message is on its way sends it once', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  let deaf = false;
  await mira.page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    const upstream = socket.connectToServer();
    // The server hears everything; the page hears nothing any more once the answer would come.
    socket.onMessage((message) => {
      if (String(message).includes('Said once')) deaf = true;
      upstream.send(message);
    });
    upstream.onMessage((message) => {
      if (!deaf) socket.send(message);
    });
  });
  await mira.page.reload();
  await expect(mira.page.locator('#thread-title')).toHaveText(zoe.name);
  await mira.write('Said once');
  await zoe.sees('Said once');
  await expect(mira.page.locator('.msg.is-sending')).toContainText('Said once');

  deaf = false;
  const again = await mira.newPage();
  await again.goto(mira.page.url());
  await expect(again.locator('.msg:not(.is-sending) .bubble').filter({ hasText: 'Said once' })).toHaveCount(1);
  await mira.page.reload();
  await mira.sees('Said once');
  await mira.write('And then this');
  await zoe.sees('And then this');
  expect(await zoe.texts()).toEqual(['Said once', 'And then this']);
  expect(await mira.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('outbox')))).toEqual([]);
});

test('a message the server refuses keeps its place and can be deleted', async ({ people }) => {
  const [mira] = await talking(people);
  await mira.page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    const upstream = socket.connectToServer();
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message));
      if (frame.d?.body === 'Refuse me') {
        socket.send(JSON.stringify({ id: frame.id, error: { code: 'forbidden', message: 'You may not write here.', retry: false } }));
      } else upstream.send(message);
    });
  });
  await mira.page.reload();
  await mira.page.locator('#write').waitFor();
  await mira.write('Refuse me');
  const failed = mira.page.locator('.msg.is-failed');
  await expect(failed).toContainText('Not sent. You may not write here.');
  await mira.write('After it');
  await mira.sees('After it');
  await expectAccessible(mira.page);
  await mira.page.reload();
  await expect(failed).toContainText('Refuse me');
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(failed).toContainText('Not sent.');
  await failed.getByRole('button', { name: 'Delete' }).click();
  await expect(bubbles(mira.page, 'Refuse me')).toHaveCount(0);
  await mira.page.reload();
  await mira.sees('After it');
  await expect(bubbles(mira.page, 'Refuse me')).toHaveCount(0);
});

test('an access cookie that has ended is renewed without anybody noticing', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await mira.context.clearCookies({ name: /access/ });
  await mira.page.reload();
  await mira.write('Renewed on loading');
  await zoe.sees('Renewed on loading');

  await mira.context.clearCookies({ name: /access/ });
  await mira.context.setOffline(true);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText(OFFLINE);
  await mira.context.setOffline(false);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText(BACK);
  await mira.write('Renewed on the way');
  await zoe.sees('Renewed on the way');
});

test('a sign-in that ended elsewhere is said, and the draft is kept for the way back', async ({ people }) => {
  const [mira] = await talking(people);
  await mira.page.locator('#write').fill('Half a thought');
  await mira.context.clearCookies();
  await mira.context.setOffline(true);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText(OFFLINE);
  await mira.context.setOffline(false);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText('You were signed out.');
  await expectAccessible(mira.page);
  await mira.page.getByRole('button', { name: 'Sign in' }).click();
  await mira.page.getByLabel('User name or e-mail').fill(mira.name);
  await mira.page.getByLabel('Password', { exact: true }).fill('kelp harbour seven boats');
  await mira.page.getByRole('button', { name: 'Sign in' }).click();
  await expect(mira.page.locator('#write')).toHaveValue('Half a thought');
});

// What passes by: who is writing, who is here; and what the server does not take now, with the time that is left.

import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

/** Two people in a direct conversation that both have open. */
async function talking(people, options) {
  const mira = await people('mira', options);
  const zoe = await people('zoe', options);
  await mira.startDirect(zoe.name);
  await mira.write('Hello');
  await zoe.openConversation(mira.name);
  await zoe.sees('Hello');
  return [mira, zoe];
}

/** What another client of this person does, each answered before the next. */
const elsewhere = (person, commands) => person.page.evaluate(async (commands) => {
  const room = location.hash.split('/')[1];
  const socket = new WebSocket(new URL('/v1/ws', location.href.replace(/^http/, 'ws')), 'allthrive.v1.json');
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  for (const [at, [op, d]] of [['hello', {}], ...commands].entries()) {
    const answered = new Promise((resolve) => socket.addEventListener('message', ({ data }) => JSON.parse(data).id === at + 1 && resolve()));
    socket.send(JSON.stringify({ id: at + 1, op, room: op === 'hello' ? undefined : room, d: { cmid: crypto.randomUUID(), ...d } }));
    await answered;
  }
  socket.close();
}, commands);

test('who is writing is shown, and no more once the message is there', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  const line = mira.page.locator('#typing');
  await expect(line).toBeHidden();
  await zoe.page.locator('#write').pressSequentially('On my w');
  await expect(line).toHaveText(`${zoe.name} is typing…`);
  await expect(mira.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: zoe.name })).toContainText(`${zoe.name} is typing…`);
  await zoe.page.locator('#write').pressSequentially('ay');
  await zoe.page.keyboard.press('Enter');
  await mira.sees('On my way');
  await expect(line).toBeHidden();
});

test('who says nothing more is not writing any more after some seconds', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await zoe.page.locator('#write').pressSequentially('H');
  const line = mira.page.locator('#typing');
  await expect(line).toHaveText(`${zoe.name} is typing…`);
  await expect(line).toBeHidden();
});

test('who is here stands under the name, and is not known while one is offline', async ({ people }) => {
  const [mira, zoe] = await talking(people, { network: true });
  const head = mira.page.locator('.thread__head');
  await expect(head).toContainText(`@${zoe.name}, here now`);
  await expect(head.locator('.dot')).toBeVisible();
  const listed = mira.page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name: zoe.name });
  await expect(listed).toContainText('here now');
  await expectAccessible(mira.page);
  await mira.context.setOffline(true);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText('You are offline.');
  await expect(head.locator('.dot')).toHaveCount(0);
  await expect(head).not.toContainText('here now');
  await mira.context.setOffline(false);
  await expect(head).toContainText(`@${zoe.name}, here now`);
  await zoe.page.goto('/signin');
  await expect(head).toContainText(`@${zoe.name}, not here now`);
});

test('who is muted is told before writing it all, keeps the text, and writes again when it ends', async ({ people, named }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const title = named('quiet-room');
  await mira.startTitled('A public room', title);
  await mira.write('Welcome');
  await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
  await zoe.page.getByRole('button', { name: `Join ${title}` }).click();
  await zoe.sees('Welcome');
  const id = await zoe.page.evaluate(async () => (await (await fetch('/api/v1/me')).json()).id);
  await elsewhere(mira, [['moderation.mute', { user: id, seconds: 600, reason: 'Too loud' }]]);
  const hold = zoe.page.locator('#hold');
  await expect(hold).toContainText('A moderator has muted you');
  await zoe.page.locator('#write').fill('But I must say');
  await zoe.page.keyboard.press('Enter');
  await expect(zoe.page.locator('#write')).toHaveValue('But I must say');
  await expect(zoe.page.getByRole('button', { name: 'Send' })).toHaveAttribute('aria-disabled', 'true');
  await expectAccessible(zoe.page);
  await elsewhere(mira, [['moderation.mute', { user: id, seconds: 0 }]]);
  await expect(hold).toBeHidden();
  await zoe.page.locator('#write').press('Enter');
  await mira.sees('But I must say');
});

test('two tabs share a draft: each goes on from the other, what is sent is gone in both, what is being written stays', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startDirect(zoe.name);
  await mira.write('Hello');
  await mira.sees('Hello');
  const other = await mira.context.newPage();
  await other.goto(mira.page.url());
  const [here, there] = [mira.page.locator('#write'), other.locator('#write')];
  await here.fill('Shall we');
  await expect(there).toHaveValue('Shall we');
  await there.pressSequentially(' go');
  await expect(here).toHaveValue('Shall we go');
  await here.press('Enter');
  await mira.sees('Shall we go');
  await expect(there).toHaveValue('');

  // An answer is part of it.
  await other.getByRole('listitem').filter({ hasText: 'Shall we go' }).last().focus();
  await other.keyboard.press('r');
  await there.fill('On foot');
  await expect(here).toHaveValue('On foot');
  await expect(mira.page.locator('.composer__reply')).toContainText('Shall we go');

  // A word that is being put together here is not taken away by what happens there.
  await here.evaluate((field) => field.dispatchEvent(new CompositionEvent('compositionstart')));
  await there.fill('By boat');
  await there.press('Enter');
  await mira.sees('By boat');
  await here.evaluate((field) => field.dispatchEvent(new CompositionEvent('compositionend')));
  await expect(here).toHaveValue('On foot');
  await here.pressSequentially('!');
  await expect(there).toHaveValue('On foot!');
  await mira.page.reload();
  await expect(here).toHaveValue('On foot!');
});

test('slow mode says how long to wait, and what was written then goes out', async ({ people, named }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const title = named('slow-room');
  await mira.startTitled('A public room', title);
  await mira.write('Welcome');
  await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
  await zoe.page.getByRole('button', { name: `Join ${title}` }).click();
  await zoe.sees('Welcome');
  await elsewhere(mira, [['moderation.slow_mode', { seconds: 15 }], ['message.send', { body: 'Slowly now' }]]);
  await zoe.sees('Slowly now');
  // Who has just joined waits, too; what was sent meanwhile goes out by itself.
  await zoe.write('First');
  await expect(zoe.page.locator('#hold')).toContainText(/Slow mode\. You can write again in \d+ s\./);
  await mira.sees('First');
  await expect(zoe.page.locator('#hold')).toContainText(/Slow mode\. You can write again in \d+ s\./);
  await zoe.page.locator('#write').fill('Second');
  await zoe.page.keyboard.press('Enter');
  await expect(zoe.page.locator('#write')).toHaveValue('Second');
  await expect(zoe.page.locator('#hold')).toBeHidden();
  await zoe.page.locator('#write').press('Enter');
  await mira.sees('Second');
});

test('a long conversation keeps a bounded number of messages in the page, without a jump', async ({ people }) => {
  const [mira, zoe] = [await people('mira', { viewport: { width: 390, height: 844 } }), await people('zoe')];
  await mira.startDirect(zoe.name);
  for (let n = 0; n < 6; n += 1) await mira.sayAll(Array.from({ length: 100 }, (_, at) => `Line ${n * 100 + at + 1}`));
  await mira.sees('Line 600');
  const { page } = mira;
  const rows = page.locator('#messages > .msg');
  const scroller = page.locator('.thread__scroll');
  const older = page.getByRole('button', { name: 'Load older messages' });
  while (!(await bubbles(page, 'Line 1').count())) {
    const top = await page.locator('#messages > .msg').first().getAttribute('data-seq');
    const place = await scroller.evaluate((node) => {
      // Every other time at the very top, where the day stands above the first message.
      window.turn = !window.turn;
      node.scrollTop = -(node.scrollHeight - node.clientHeight) + (window.turn ? 0 : 400);
      const row = [...node.querySelectorAll('.msg')].find((one) => one.getBoundingClientRect().bottom > node.getBoundingClientRect().top);
      window.seen = row;
      return row.getBoundingClientRect().top;
    });
    await older.evaluate((button) => button.click());
    await expect(page.locator('#messages > .msg').first()).not.toHaveAttribute('data-seq', top);
    expect(Math.abs((await page.evaluate(() => window.seen.getBoundingClientRect().top)) - place)).toBeLessThan(2);
    expect(await rows.count()).toBeLessThanOrEqual(400);
  }
  await expect(bubbles(page, 'Line 600')).toHaveCount(0);
  await expectFits(page);
  await page.getByRole('button', { name: 'To the newest' }).click();
  await mira.sees('Line 600');
  expect(await rows.count()).toBeLessThanOrEqual(400);
  await mira.write('And one more');
  await mira.sees('And one more');
});

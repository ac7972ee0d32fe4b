// Real browsers talk to each other: two people, a group, a public room, two tabs of one person.

import { bubbles } from '../lib/person.js';
import { ENGINES } from '../lib/server.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

for (const engine of ENGINES) {
  test(`two people talk in both directions, on ${engine}`, async ({ people, server: shared, start }) => {
    const server = engine === 'sqlite' ? shared : await start(engine);
    const mira = await people('mira', { server });
    const zoe = await people('zoe', { server });
    await mira.startDirect(zoe.name);
    await expect(mira.page.getByRole('heading', { name: 'Say the first thing' })).toBeVisible();
    await expectAccessible(mira.page);
    await mira.write('Are you coming by tram or by bike?');
    await mira.sees('Are you coming by tram or by bike?');

    const row = zoe.page.getByRole('link', { name: mira.name });
    await expect(row).toContainText('Are you coming by tram or by bike?');
    await expect(row.locator('.unread')).toContainText('1');
    await expect(zoe.page).toHaveTitle(/^\(1\) /);
    await expectAccessible(zoe.page);

    await zoe.openConversation(mira.name);
    await expect(zoe.page.getByRole('heading', { name: '1 new message' })).toBeVisible();
    await zoe.sees('Are you coming by tram or by bike?');
    await expect(row.locator('.unread')).toHaveCount(0);
    await expect(zoe.page).toHaveTitle(`${mira.name} – AllThrive`);
    await expect(mira.page.locator('.msg__meta--read')).toContainText('Read');

    for (const line of ['Bike.', 'It is not raining yet. שלום 👋']) await zoe.write(line);
    await mira.sees('It is not raining yet. שלום 👋');
    await mira.write('Brave.\nThen take the canal path: https://example.org/canal?x=1');
    await zoe.sees('Brave. Then take the canal path: https://example.org/canal?x=1');
    const link = zoe.page.getByRole('link', { name: 'https://example.org/canal?x=1', exact: true });
    await expect(link).toHaveAttribute('rel', /noopener/);
    await zoe.sees('Bike.');
    expect(await zoe.texts()).toEqual(await mira.texts());
    for (const { page } of [mira, zoe]) {
      await expectAccessible(page);
      await expectFits(page);
    }
  });
}

test('what people write is never read as markup', async ({ people }) => {
  const mira = await people('mira');
  await mira.startTitled('A group', '<b>bold</b> & <script>alert(1)</script>');
  const text = '<img src=x onerror=alert(1)> javascript:alert(1) <a href="https://e.org">x</a> & "quoted"';
  await mira.write(text);
  await mira.sees(text);
  await expect(mira.page.locator('.bubble img')).toHaveCount(0);
});

test('somebody opens a group, adds two people, and all three hear each other', async ({ people }) => {
  const [mira, zoe, bo] = [await people('mira'), await people('zoe'), await people('bo')];
  await mira.startTitled('A group', 'Thursday crew');
  await mira.write('Before you came');
  await mira.sees('Before you came');
  const { page } = mira;
  await expect(page.getByRole('complementary', { name: 'Details of Thursday crew' })).toContainText('1 member');
  for (const other of [zoe, bo]) {
    await page.getByRole('button', { name: 'Add people' }).click();
    await page.getByLabel('Their user name').fill(other.name);
    await page.getByRole('button', { name: 'Add to the group' }).click();
    await expect(page.getByRole('complementary')).toContainText(`@${other.name}`);
  }
  await expect(page.locator('.thread__head')).toContainText('3 members');
  await expectAccessible(page);

  for (const other of [zoe, bo]) await other.openConversation('Thursday crew');
  await zoe.write('Here I am');
  await bo.write('Me too');
  for (const person of [mira, zoe, bo]) {
    await person.sees('Here I am');
    await person.sees('Me too');
  }
  await expect(bubbles(zoe.page, 'Before you came')).toHaveCount(0);
  await expectAccessible(bo.page);
});

test('a user name that nobody has is said at the field', async ({ people }) => {
  const mira = await people('mira', { network: true });
  await mira.page.getByRole('button', { name: 'New conversation' }).click();
  await mira.page.getByRole('button', { name: 'Start the conversation' }).click();
  await expect(mira.page.locator('#with-err')).toContainText('Write the user name');
  await mira.page.getByLabel('Their user name').fill('nobody-at-all');
  await mira.page.getByRole('button', { name: 'Start the conversation' }).click();
  await expect(mira.page.locator('#with-err')).toContainText('nobody');
  await expectAccessible(mira.page);
});

test('a public room is found and joined, and its history is open to whoever joins', async ({ people, named }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const title = named('harbour-walks');
  await mira.startTitled('A public room', title);
  await mira.write('Low tide is 16:40. Boots!');
  await mira.sees('Low tide is 16:40. Boots!');

  await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
  await expectAccessible(zoe.page);
  await zoe.page.getByRole('button', { name: `Join ${title}` }).click();
  await expect(zoe.page.locator('#thread-title')).toHaveText(title);
  await zoe.sees('Low tide is 16:40. Boots!');
  await zoe.write('On my way');
  await mira.sees('On my way');
  await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
  await expect(zoe.page.getByRole('button', { name: `Open ${title}` })).toBeVisible();
});

test('two tabs of one person show the same and agree on what is read', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startDirect(zoe.name);
  await mira.write('One');
  await mira.sees('One');
  const tab = await zoe.newPage();
  await tab.goto('/');
  const row = tab.getByRole('link', { name: mira.name });
  await expect(row.locator('.unread')).toContainText('1');

  await zoe.page.bringToFront();
  await zoe.openConversation(mira.name);
  await zoe.sees('One');
  await expect(row.locator('.unread')).toHaveCount(0);
  await zoe.write('Two');
  await expect(row).toContainText('You: Two');
  await row.click();
  await expect(bubbles(tab, 'Two')).toHaveCount(1);
  await tab.getByRole('textbox', { name: /^Message/ }).fill('Three');
  await tab.keyboard.press('Enter');
  for (const person of [zoe, mira]) await person.sees('Three');
});

/** What another client of this person does: commands on a connection of its own, answered one by one. */
const elsewhere = (person, room, commands) => person.page.evaluate(async ({ room, commands }) => {
  const socket = new WebSocket(new URL('/v1/ws', location.href.replace(/^http/, 'ws')), 'allthrive.v1.json');
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const answers = [];
  for (const [at, [op, d]] of [['hello', {}], ...commands].entries()) {
    const answered = new Promise((resolve) => {
      socket.addEventListener('message', function hear({ data }) {
        const frame = JSON.parse(data);
        if (frame.id !== at + 1) return;
        socket.removeEventListener('message', hear);
        resolve(frame);
      });
    });
    socket.send(JSON.stringify({ id: at + 1, op, room: op === 'hello' ? undefined : room, d: { cmid: crypto.randomUUID(), ...d } }));
    answers.push(await answered);
  }
  socket.close();
  return answers.slice(1);
}, { room, commands });

const roomOf = ({ page }) => new URL(page.url()).hash.split('/')[1];

test('a message that another client edits or deletes changes where it stands, and in the list', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startDirect(zoe.name);
  await mira.write('The ferry leaves at nine');
  await zoe.openConversation(mira.name);
  await zoe.sees('The ferry leaves at nine');
  const room = roomOf(mira);
  const [said] = await elsewhere(mira, room, [['message.send', { body: 'From my telephone' }]]);
  await zoe.sees('From my telephone');
  await elsewhere(mira, room, [['message.edit', { target: said.ok.seq, rev: 1, body: 'From my phone' }]]);
  for (const person of [mira, zoe]) {
    await person.sees('From my phone');
    await expect(person.page.locator('.bubble').filter({ hasText: 'telephone' })).toHaveCount(0);
  }
  await expect(zoe.page.getByRole('link', { name: mira.name })).toContainText('From my phone');
  await elsewhere(mira, room, [['message.delete', { target: said.ok.seq }]]);
  for (const person of [mira, zoe]) {
    await person.sees('Message deleted');
    await expect(person.page.locator('.bubble').filter({ hasText: 'From my phone' })).toHaveCount(0);
  }
  await zoe.page.reload();
  await zoe.sees('Message deleted');
  await zoe.sees('The ferry leaves at nine');
});

test('who is taken out of a group by another client is told so and has it no more', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startTitled('A group', 'Night watch');
  const room = roomOf(mira);
  const id = await zoe.page.evaluate(async () => (await (await fetch('/api/v1/me')).json()).id);
  const [added] = await elsewhere(mira, room, [['member.add', { user: id }]]);
  expect(added.ok).toBeTruthy();
  await zoe.openConversation('Night watch');
  await mira.write('Who goes there?');
  await zoe.sees('Who goes there?');
  await elsewhere(mira, room, [['member.remove', { user: id, reason: 'wrong watch' }]]);
  await expect(zoe.page.getByRole('link', { name: 'Night watch' })).toHaveCount(0);
  await expectAccessible(zoe.page);
  await mira.sees('Who goes there?');
});

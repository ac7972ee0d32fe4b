// What people do to messages: react, answer, change, delete with a way back; by mouse, by keys, by thumb.

import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

/** Two people in a direct conversation that both have open, with one message of each. */
async function talking(people, options) {
  const mira = await people('mira', options);
  const zoe = await people('zoe', options);
  await mira.startDirect(zoe.name);
  await mira.write('Boots or shoes?');
  await zoe.openConversation(mira.name);
  await zoe.write('Boots, the path is wet');
  for (const person of [mira, zoe]) {
    await person.sees('Boots or shoes?');
    await person.sees('Boots, the path is wet');
  }
  return [mira, zoe];
}

const row = (page, text) => page.locator('.msg').filter({ has: page.getByText(text, { exact: true }) });

test('a reaction is chosen, counted, named and taken back', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await row(mira.page, 'Boots, the path is wet').hover();
  await mira.page.getByRole('button', { name: 'React' }).click();
  const picker = mira.page.getByRole('dialog', { name: 'Choose a reaction' });
  await expect(picker.getByRole('searchbox', { name: 'Find an emoji' })).toBeFocused();
  await expectAccessible(mira.page);
  await picker.getByRole('searchbox').fill('bolwine');
  await expect(picker.getByText('No emoji for “bolwine”')).toBeVisible();
  await picker.getByRole('searchbox').fill('rain');
  await picker.getByRole('button', { name: 'rain', exact: true }).click();
  await expect(picker).toHaveCount(0);
  const chip = (page) => page.getByRole('button', { name: /^🌧️ 1/ });
  await expect(chip(mira.page)).toHaveAttribute('aria-pressed', 'true');
  await expect(chip(zoe.page)).toHaveAttribute('aria-pressed', 'false');
  await expect(chip(zoe.page)).toHaveAccessibleName(`🌧️ 1: ${mira.name}`);
  await expectAccessible(zoe.page);

  await chip(zoe.page).click();
  const both = (page) => page.getByRole('button', { name: /^🌧️ 2/ });
  await expect(both(zoe.page)).toHaveAccessibleName(`🌧️ 2: you and ${mira.name}`);
  await expect(both(mira.page)).toHaveAccessibleName(`🌧️ 2: you and ${zoe.name}`);
  await mira.page.reload();
  await expect(both(mira.page)).toHaveAttribute('aria-pressed', 'true');
  await expect(both(mira.page)).toHaveAccessibleName('🌧️ 2: you and 1 more');
  await both(mira.page).click();
  await both(zoe.page).waitFor({ state: 'detached' });
  await chip(zoe.page).click();
  await expect(zoe.page.locator('.reaction')).toHaveCount(0);
  await expect(mira.page.locator('.reaction')).toHaveCount(0);
});

test('an answer carries what it answers and leads to it', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await row(mira.page, 'Boots, the path is wet').hover();
  await mira.page.getByRole('button', { name: 'Reply' }).click();
  await expect(mira.page.locator('.composer__reply')).toContainText(`Replying to ${zoe.name}`);
  await expect(mira.page.locator('#write')).toBeFocused();
  await expectAccessible(mira.page);
  await mira.page.reload();
  await expect(mira.page.locator('.composer__reply')).toContainText('Boots, the path is wet');
  await mira.write('Boots it is');
  await expect(mira.page.locator('.composer__reply')).toBeHidden();
  await zoe.sees('Boots it is');
  const quote = row(zoe.page, 'Boots it is').locator('.quote');
  await expect(quote).toContainText('Boots, the path is wet');
  await expectAccessible(zoe.page);
  await quote.click();
  await expect(row(zoe.page, 'Boots, the path is wet').first()).toBeFocused();
});

test('an answer to what was said long ago leads there, and back to the newest', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  const many = Array.from({ length: 120 }, (_, at) => `Step ${at + 1}`);
  await mira.sayAll(many);
  await zoe.sees('Step 120');
  const first = await zoe.page.evaluate(async () => {
    const room = location.hash.split('/')[1];
    const socket = new WebSocket(new URL('/v1/ws', location.href.replace(/^http/, 'ws')), 'allthrive.v1.json');
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const ask = (id, op, d) => new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => JSON.parse(data).id === id && resolve(JSON.parse(data).ok));
      socket.send(JSON.stringify({ id, op, room: op === 'hello' ? undefined : room, d }));
    });
    await ask(1, 'hello', {});
    const { messages } = await ask(2, 'history', { after: 0, limit: 5 });
    const { seq } = messages.find(({ body }) => body === 'Boots or shoes?');
    await ask(3, 'message.send', { cmid: crypto.randomUUID(), body: 'Remember this?', reply_to: seq });
    socket.close();
    return seq;
  });
  expect(first).toBeGreaterThan(0);
  await mira.page.reload();
  await mira.sees('Remember this?');
  const quote = row(mira.page, 'Remember this?').locator('.quote');
  await expect(quote).toContainText('Boots or shoes?');
  await expect(bubbles(mira.page, 'Step 2')).toHaveCount(0);
  await quote.click();
  await expect(mira.page.locator(`#m-${first}`)).toBeFocused();
  await expect(bubbles(mira.page, 'Remember this?')).toHaveCount(0);
  await expectAccessible(mira.page);
  await zoe.write('Said meanwhile');
  await mira.page.getByRole('button', { name: '1 new', exact: true }).click();
  await mira.sees('Said meanwhile');
  await mira.sees('Remember this?');
});

test('a message is changed, and both see that it was', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await mira.page.locator('#write').focus();
  await mira.page.keyboard.press('ArrowUp');
  await expect(mira.page.locator('#write')).toHaveValue('Boots or shoes?');
  await expect(mira.page.locator('.composer__reply')).toContainText('Changing your message');
  await expectAccessible(mira.page);
  await mira.page.locator('#write').fill('Boots or sandals?');
  await mira.page.reload();
  await expect(mira.page.locator('#write')).toHaveValue('Boots or sandals?');
  await expect(mira.page.getByRole('button', { name: 'Save the change' })).toBeVisible();
  await mira.page.locator('#write').press('Enter');
  for (const person of [mira, zoe]) {
    await person.sees('Boots or sandals?');
    await expect(row(person.page, 'Boots or sandals?').locator('.msg__meta')).toContainText('edited');
  }
  await expect(mira.page.locator('#write')).toHaveValue('');
  await mira.page.locator('#write').fill('A draft');
  await row(mira.page, 'Boots or sandals?').hover();
  await mira.page.getByRole('button', { name: 'Edit' }).click();
  await expect(mira.page.locator('#write')).toHaveValue('Boots or sandals?');
  await mira.page.keyboard.press('Escape');
  await expect(mira.page.locator('#write')).toHaveValue('A draft');
  await expectAccessible(mira.page);
});

/** What another client of this person does meanwhile. */
const elsewhere = (person, op, d) => person.page.evaluate(async ([op, d]) => {
  const room = location.hash.split('/')[1];
  const socket = new WebSocket(new URL('/v1/ws', location.href.replace(/^http/, 'ws')), 'allthrive.v1.json');
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
  const ask = (id, op, d) => new Promise((resolve) => {
    socket.addEventListener('message', ({ data }) => JSON.parse(data).id === id && resolve(JSON.parse(data)));
    socket.send(JSON.stringify({ id, op, room: op === 'hello' ? undefined : room, d }));
  });
  await ask(1, 'hello', {});
  const answer = await ask(2, op, { cmid: crypto.randomUUID(), ...d });
  socket.close();
  return answer;
}, [op, d]);

test('a change that meets another one is told, keeps its text, and can still be saved', async ({ people }) => {
  const [mira, zoe] = await talking(people, { network: true });
  const seq = Number(await row(mira.page, 'Boots or shoes?').getAttribute('data-seq'));
  await mira.page.context().setOffline(true);
  await expect(mira.page.getByRole('region', { name: 'Connection' })).toContainText('You are offline.');
  await row(mira.page, 'Boots or shoes?').focus();
  await mira.page.keyboard.press('e');
  await mira.page.locator('#write').fill('Boots or clogs?');
  await mira.page.keyboard.press('Enter');
  await expect(row(mira.page, 'Boots or clogs?')).toContainText('waits here until you are back');
  await expectAccessible(mira.page);
  const { cookies, origins } = await mira.context.storageState();
  for (const kept of origins) kept.localStorage = kept.localStorage.filter(({ name }) => !/deeds|draft/.test(name));
  const other = await mira.browser.newContext({ baseURL: mira.server.origin, storageState: { cookies, origins } });
  const phone = await other.newPage();
  await phone.goto(mira.page.url());
  await row(phone, 'Boots or shoes?').waitFor();
  expect((await elsewhere({ page: phone }, 'message.edit', { target: seq, rev: 1, body: 'Boots or trainers?' })).ok).toBeTruthy();
  await other.close();
  await mira.page.context().setOffline(false);
  const mine = row(mira.page, 'Boots or trainers?');
  await expect(mine).toContainText('Your change was not saved: the message was changed elsewhere.');
  await expect(mine).toContainText('Boots or clogs?');
  await expectAccessible(mira.page);
  await mira.page.reload();
  await expect(mine).toContainText('Boots or clogs?');
  await mine.getByRole('button', { name: 'Save mine' }).click();
  for (const person of [mira, zoe]) {
    await person.sees('Boots or clogs?');
    await expect(bubbles(person.page, 'Boots or trainers?')).toHaveCount(0);
  }
  await expect(mira.page.locator('.msg__refused')).toHaveCount(0);
});

test('what was done on a line that is lost goes out once, with the same mark', async ({ people }) => {
  const [mira, zoe] = await talking(people, { network: true });
  const heard = [];
  let deaf = false;
  await mira.page.routeWebSocket(/\/v1\/ws$/, (socket) => {
    const upstream = socket.connectToServer();
    socket.onMessage((message) => {
      const frame = JSON.parse(String(message));
      if (['message.edit', 'reaction.set'].includes(frame.op)) heard.push([frame.op, frame.d.cmid]);
      upstream.send(message);
    });
    upstream.onMessage((message) => {
      if (!deaf) socket.send(message);
    });
  });
  await mira.page.reload();
  await mira.sees('Boots, the path is wet');
  deaf = true;
  await row(mira.page, 'Boots, the path is wet').focus();
  await mira.page.keyboard.press('Enter');
  await mira.page.getByRole('menuitemcheckbox', { name: 'thumbs up' }).click();
  await expect(zoe.page.getByRole('button', { name: /^👍 1/ })).toBeVisible();
  await mira.page.locator('#write').focus();
  await mira.page.keyboard.press('ArrowUp');
  await mira.page.locator('#write').fill('Boots or skis?');
  await mira.page.keyboard.press('Enter');
  await zoe.sees('Boots or skis?');
  await expect(mira.page.locator('.msg.is-sending')).toContainText('Boots or skis?');
  deaf = false;
  await mira.page.reload();
  await mira.sees('Boots or skis?');
  await expect(mira.page.getByRole('button', { name: /^👍 1/ })).toHaveAttribute('aria-pressed', 'true');
  await expect.poll(() => heard.length).toBe(4);
  expect(new Set(heard.map(([, cmid]) => cmid)).size).toBe(2);
  await expect.poll(() => mira.page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('deeds')))).toEqual([]);
  await expect(zoe.page.getByRole('button', { name: /^👍 1/ })).toBeVisible();
});

test('a deletion can be undone for eight seconds, and is carried out when the page is left', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await row(mira.page, 'Boots or shoes?').focus();
  await mira.page.keyboard.press('Delete');
  await expect(mira.page.locator('#announce')).toHaveText('Message deleted. Press Z to undo.');
  await mira.sees('You deleted this message');
  await mira.page.locator('.toast').hover();
  await expectAccessible(mira.page);
  await mira.page.keyboard.press('z');
  await mira.sees('Boots or shoes?');
  await expect(mira.page.getByRole('region', { name: 'Notices' })).toHaveCount(0);
  await zoe.sees('Boots or shoes?');

  await row(mira.page, 'Boots or shoes?').focus();
  await mira.page.keyboard.press('Delete');
  await mira.sees('You deleted this message');
  await zoe.sees('Boots or shoes?');
  await mira.page.goto('/signin');
  await zoe.sees('Message deleted');
  await expect(bubbles(zoe.page, 'Boots or shoes?')).toHaveCount(0);
});

test('the time to undo stands still under the pointer and runs out by itself', async ({ people }) => {
  const mira = await people('mira');
  await mira.page.clock.install();
  await mira.page.reload();
  await mira.startTitled('A group', 'Alone');
  await mira.write('Second thoughts');
  await mira.sees('Second thoughts');
  await row(mira.page, 'Second thoughts').focus();
  await mira.page.keyboard.press('Delete');
  const toast = mira.page.locator('.toast');
  await toast.hover();
  await mira.page.clock.runFor(20_000);
  await expect(toast).toBeVisible();
  await mira.page.mouse.move(0, 0);
  await mira.page.clock.runFor(9_000);
  await expect(toast).toHaveCount(0);
  await mira.sees('Message deleted');
});

test('what is not allowed stays in its place and says why', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  await row(mira.page, 'Boots, the path is wet').hover();
  await mira.page.getByRole('button', { name: 'More' }).click();
  const menu = mira.page.getByRole('menu', { name: `Actions for the message by ${zoe.name}` });
  const erase = menu.getByRole('menuitem', { name: 'Delete' });
  await expect(erase).toHaveAttribute('aria-disabled', 'true');
  await expect(erase).toContainText(`Only ${zoe.name} can delete it.`);
  await expectAccessible(mira.page);
  await erase.click({ force: true });
  await expect(menu).toBeVisible();
  await mira.page.keyboard.press('Escape');
  await expect(menu).toHaveCount(0);
  await zoe.sees('Boots, the path is wet');
});

test('all of it by keyboard alone', async ({ people }) => {
  const [mira, zoe] = await talking(people);
  const { page } = mira;
  await page.locator('#write').focus();
  await page.keyboard.press('Shift+Tab');
  await page.locator('.thread__scroll').focus();
  await page.keyboard.press('ArrowDown');
  await expect(row(page, 'Boots, the path is wet')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(row(page, 'Boots or shoes?')).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.press('+');
  await expect(page.getByRole('dialog', { name: 'Choose a reaction' })).toBeVisible();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(zoe.page.getByRole('button', { name: /^❤️ 1/ })).toBeVisible();
  await expect(row(page, 'Boots, the path is wet')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: /^❤️ 1/ })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(zoe.page.locator('.reaction')).toHaveCount(0);
  await expect(row(page, 'Boots, the path is wet')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'React' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('button', { name: 'Reply' })).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Reply' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'More' })).toBeFocused();
  await page.keyboard.press('r');
  await expect(page.locator('#write')).toBeFocused();
  await expect(page.locator('.composer__reply')).toContainText('Boots, the path is wet');
  await page.keyboard.press('Escape');
  await expect(page.locator('.composer__reply')).toBeHidden();
});

test('with a thumb: a long press opens a sheet, a swipe answers', async ({ people }) => {
  const [mira, zoe] = await talking(people, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const { page } = mira;
  const theirs = row(page, 'Boots, the path is wet');
  const fingers = (steps) => theirs.evaluate((node, steps) => {
    const target = node.querySelector('.bubble');
    const { left, top } = target.getBoundingClientRect();
    for (const [type, x] of steps) target.dispatchEvent(new PointerEvent(type, { bubbles: true, cancelable: true, pointerType: 'touch', isPrimary: true, pointerId: 7, clientX: left + 10 + x, clientY: top + 10 }));
  }, steps);
  await fingers([['pointerdown', 0]]);
  const sheet = page.getByRole('menu');
  await expect(sheet).toBeVisible();
  await expectAccessible(page);
  await expectFits(page);
  await sheet.getByRole('menuitemcheckbox', { name: 'party popper' }).click();
  await expect(zoe.page.getByRole('button', { name: /^🎉 1/ })).toBeVisible();
  await fingers([['pointerdown', 0], ['pointermove', 30], ['pointermove', 90], ['pointerup', 90]]);
  await expect(page.locator('.composer__reply')).toContainText(`Replying to ${zoe.name}`);
  await expectFits(page);
});

test('a moderator deletes what a member wrote, a member does not', async ({ people, named }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const title = named('harbour-walks');
  await mira.startTitled('A public room', title);
  await mira.write('Keep it friendly');
  await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
  await zoe.page.getByRole('button', { name: `Join ${title}` }).click();
  await zoe.write('Buy my boat');
  await mira.sees('Buy my boat');
  await row(zoe.page, 'Keep it friendly').focus();
  await zoe.page.keyboard.press('Delete');
  await expect(zoe.page.locator('#announce')).toHaveText('Only its author or a moderator can delete it.');
  await row(mira.page, 'Buy my boat').focus();
  await mira.page.keyboard.press('Delete');
  await mira.page.getByRole('region', { name: 'Notices' }).getByRole('button', { name: 'Close' }).click();
  for (const person of [mira, zoe]) await person.sees('Message deleted');
  await zoe.sees('Keep it friendly');
});

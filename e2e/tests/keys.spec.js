// Getting about without a mouse: finding a chat, the list, the keys and the switch for single letters.

import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const chats = (page) => page.getByRole('navigation', { name: 'Conversations' }).getByRole('link');

test('a chat is found by the beginning of a name, without its accents, and opened by Enter', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  await expect(page.locator('#find')).toBeHidden();
  for (const title of ['Zoë’s birthday', 'Harbour walks', 'Night watch']) await mira.startTitled('A group', title);
  await page.getByRole('textbox', { name: /^Message/ }).focus();
  await page.keyboard.press('Control+k');
  const find = page.getByRole('searchbox', { name: 'Find a chat' });
  await expect(find).toBeFocused();
  await page.keyboard.type('ZOE');
  await expect(chats(page)).toHaveCount(1);
  await expect(chats(page)).toContainText('Zoë’s birthday');
  await expect(page.locator('#announce')).toHaveText('1 chat found.');
  await expectAccessible(page);
  await page.keyboard.press('Enter');
  await expect(page.locator('#thread-title')).toHaveText('Zoë’s birthday');
  await expect(find).toHaveValue('');
  await expect(chats(page)).toHaveCount(3);

  await page.keyboard.press('Control+k');
  await page.keyboard.type('bolwine');
  await expect(page.getByText('No chat is called “bolwine”. Check the spelling, or try a single word.')).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(chats(page)).toHaveCount(3);
  await expect(find).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.locator('#thread-title')).toBeFocused();

  await page.keyboard.press('Control+k');
  await page.keyboard.type('wa');
  await expect(chats(page)).toHaveCount(2);
  await page.keyboard.press('ArrowDown');
  await expect(chats(page).first()).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(chats(page).nth(1)).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(find).toBeFocused();
  // What comes in while one looks for something else stays out of sight.
  await page.keyboard.press('Escape');
  await expect(chats(page)).toHaveCount(3);
});

test('a chat in which nothing was said keeps its place below a newer one when the page is loaded again', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const { page } = mira;
  for (const title of ['Empty one', 'Empty two', 'Empty three']) await mira.startTitled('A group', title);
  await mira.startDirect(zoe.name);
  await mira.write('Hello');
  await mira.sees('Hello');
  await page.reload();
  await expect(chats(page)).toHaveCount(4);
  const names = (await chats(page).locator('.conv__name').allInnerTexts()).map((name) => name.split(',')[0].trim());
  expect(names).toEqual([zoe.name, 'Empty three', 'Empty two', 'Empty one']);
});

test('on a phone the key to find leads to the list, and the field fits', async ({ people }) => {
  const mira = await people('mira', PHONE);
  const { page } = mira;
  await mira.startTitled('A group', 'Crew');
  await page.goBack();
  await expect(page.locator('#write')).toBeVisible();
  await page.locator('#thread-title').focus();
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('searchbox', { name: 'Find a chat' })).toBeFocused();
  await expectAccessible(page);
  await expectFits(page);
});

test('single letters act outside fields alone, and can be switched off for good', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  await mira.startTitled('A public room', 'Keys');
  const write = page.getByRole('textbox', { name: /^Message/ });
  await write.focus();
  await page.keyboard.type('N? no.');
  await expect(write).toHaveValue('N? no.');
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await chats(page).first().focus();
  await page.keyboard.press('n');
  await expect(page.getByRole('dialog', { name: 'New conversation' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(chats(page).first()).toBeFocused();
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keys' });
  await expect(list).toContainText('Next unread chat');
  await expect(list).toContainText('New conversation');
  await expectAccessible(page);
  await expectFits(page);
  await list.getByRole('switch', { name: 'Single letters as keys' }).press('Space');
  await expect(list).not.toContainText('New conversation');
  await page.keyboard.press('Escape');
  await expect(chats(page).first()).toBeFocused();
  for (const key of ['n', '?']) await page.keyboard.press(key);
  await expect(page.getByRole('dialog')).toHaveCount(0);

  await page.reload();
  await expect(chats(page)).toHaveCount(1);
  await chats(page).first().focus();
  await page.keyboard.press('n');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('button', { name: 'Keys' }).click();
  await list.getByRole('switch', { name: 'Single letters as keys' }).press('Space');
  await page.keyboard.press('Escape');
  await chats(page).first().focus();
  await page.keyboard.press('n');
  await expect(page.getByRole('dialog', { name: 'New conversation' })).toBeVisible();
});

test('whoever opens a chat by key and types writes in it; Alt and an arrow go to what is unread', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await zoe.startDirect(mira.name);
  await zoe.write('Are you there?');
  const { page } = mira;
  await mira.startTitled('A group', 'Elsewhere');
  await expect(page.getByRole('link', { name: zoe.name }).locator('.unread')).toContainText('1');
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page.locator('#thread-title')).toHaveText(zoe.name);
  await expect(page.locator('#thread-title')).toBeFocused();
  await page.keyboard.type('No, and now?');
  await page.keyboard.press('Enter');
  await zoe.sees('No, and now?');
});

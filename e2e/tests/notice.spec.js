// What tells of messages that nobody has seen yet: the list, the tab, notifications, the way back from offline.

import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

/** Notifications as this page would show them; a person's browser shows them outside the page. */
const hearNotices = () => {
  window.notices = [];
  window.asked = 0;
  window.Notification = class extends EventTarget {
    static permission = sessionStorage.getItem('permission') ?? 'default';

    static async requestPermission() {
      window.asked += 1;
      sessionStorage.setItem('permission', 'granted');
      window.Notification.permission = 'granted';
      return 'granted';
    }

    constructor(title, options) {
      super();
      Object.assign(this, { title, ...options, closed: false });
      window.notices.push(this);
    }

    close() {
      this.closed = true;
    }
  };
};

const shown = (page) => page.evaluate(() => window.notices.map(({ title, body, closed }) => ({ title, body, closed })));
/** As if another window were in front, or this one. */
const inFront = (page, yes) => page.evaluate((is) => {
  document.hasFocus = () => is;
}, yes);

test('notifications are asked for by a button alone, come while the page is not in front, and lead to the chat', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const { page } = mira;
  await page.addInitScript(hearNotices);
  await page.reload();
  await zoe.startDirect(mira.name);
  await zoe.write('Before anybody asked');
  await expect(page.getByRole('link', { name: zoe.name })).toContainText('Before anybody asked');
  expect(await page.evaluate(() => window.asked)).toBe(0);

  await page.getByRole('button', { name: 'You' }).click();
  await expect(page.getByRole('dialog')).toContainText('new messages show in the title of its tab alone.');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Turn on notifications' }).click();
  await expect(page.getByRole('dialog')).toContainText('the browser tells you of new messages.');
  await expect(page.getByRole('button', { name: 'Turn off notifications' })).toBeFocused();
  await expectAccessible(page);
  await page.keyboard.press('Escape');

  await inFront(page, true);
  await zoe.write('You are looking');
  await expect(page.locator('#announce')).toHaveText(`${zoe.name} wrote to you.`);
  expect(await shown(page)).toEqual([]);
  await inFront(page, false);
  await zoe.write('You are not looking');
  await expect.poll(() => shown(page)).toEqual([{ title: zoe.name, body: 'You are not looking', closed: false }]);

  await inFront(page, true);
  await page.evaluate(() => window.notices[0].dispatchEvent(new Event('click')));
  await expect(page.locator('#thread-title')).toHaveText(zoe.name);
  await expect.poll(() => shown(page)).toEqual([{ title: zoe.name, body: 'You are not looking', closed: true }]);

  await page.reload();
  await page.getByRole('button', { name: 'You' }).click();
  await page.getByRole('button', { name: 'Turn off notifications' }).click();
  await expect(page.getByRole('button', { name: 'Turn on notifications' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.goto('/');
  // Said by the connection, so there is one.
  await expect(page.getByRole('link', { name: zoe.name })).toContainText('here now');
  await inFront(page, false);
  await zoe.write('Quiet now');
  await expect(page.locator('#announce')).toHaveText(`${zoe.name} wrote to you.`);
  expect(await shown(page)).toEqual([]);
});

test('a browser that blocks notifications is told of in words, without a button', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  await page.addInitScript(() => sessionStorage.setItem('permission', 'denied'));
  await page.addInitScript(hearNotices);
  await page.reload();
  await page.getByRole('button', { name: 'You' }).click();
  await expect(page.getByRole('dialog')).toContainText('The browser blocks notifications of this page.');
  await expect(page.getByRole('button', { name: /notifications/ })).toBeHidden();
  await expectAccessible(page);
});

test('title and icon of the tab tell what is unread; the list tells who is here in a chat of two', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  const { page } = mira;
  const icon = page.locator('link[rel="icon"]');
  const plain = /^\/e\/[0-9a-f]+\/logo\.svg$/;
  await expect(icon).toHaveAttribute('href', plain);
  await zoe.startDirect(mira.name);
  await zoe.write('One');
  await expect(page).toHaveTitle(/^\(1\) /);
  await expect(icon).toHaveAttribute('href', /^data:image\/png/);
  const row = page.getByRole('link', { name: zoe.name });
  await expect(row).toContainText('here now');
  await expect(row.locator('.dot:not(.dot--off)')).toBeVisible();
  await expectAccessible(page);
  await row.click();
  await expect(icon).toHaveAttribute('href', plain);
  await expect(page).toHaveTitle(`${zoe.name} – AllThrive`);
  await zoe.page.goto('about:blank');
  await expect(row.locator('.dot--off')).toBeVisible();
  await expect(row).not.toContainText('here now');
});

test('whoever was offline is told in one sentence what came in meanwhile', async ({ people }) => {
  const zoe = await people('zoe');
  const mira = await people('mira', { network: true, viewport: { width: 390, height: 844 } });
  const { page } = mira;
  await mira.startTitled('A group', 'Crew');
  await page.getByRole('button', { name: 'Add people' }).first().click();
  await page.getByLabel('Their user name').fill(zoe.name);
  await page.getByRole('button', { name: 'Add to the group' }).click();
  await zoe.startDirect(mira.name);
  await zoe.write('Hello');
  await page.goto('/');
  await expect(page.getByRole('link', { name: zoe.name })).toContainText('Hello');
  await expect(page.getByRole('link', { name: zoe.name })).toContainText('here now');

  const away = async (...said) => {
    await mira.context.setOffline(true);
    await expect(page.locator('#banner')).toContainText('You are offline.');
    for (const [chat, text] of said) {
      await zoe.openConversation(chat);
      await zoe.write(text);
      await zoe.sees(text);
    }
    await mira.context.setOffline(false);
    await expect(page.locator('#banner')).toContainText('Back online.');
  };
  await away(['Crew', 'First'], [mira.name, 'Second'], [mira.name, 'Third']);
  await expect(page.locator('#banner')).toContainText('Back online. 3 new messages in 2 chats.');
  await expect(page.locator('#announce')).toHaveText('Back online. 3 new messages in 2 chats.');
  await expectAccessible(page);
  await expectFits(page);
  await away(['Crew', 'Fourth']);
  await expect(page.locator('#banner')).toContainText('Back online. 1 new message in Crew.');
  await away([mira.name, 'Fifth'], [mira.name, 'Sixth']);
  await expect(page.locator('#banner')).toContainText(`Back online. 2 new messages from ${zoe.name}.`);
  await away();
  await expect(page.locator('#banner')).toContainText('Back online. Everything is up to date.');
});

test('Caps Lock is told of at the password, which may be pasted', async ({ page, server }) => {
  for (const path of ['/signin', '/signup']) {
    await page.goto(server.origin + path);
    const field = page.getByLabel('Password', { exact: true });
    await expect(field).toHaveAttribute('autocomplete', path === '/signin' ? 'current-password' : 'new-password');
    const press = (modifierCapsLock) => field.evaluate((node, on) => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', bubbles: true, modifierCapsLock: on })), modifierCapsLock);
    await expect(page.getByText('Caps Lock is on.')).toHaveCount(0);
    await press(true);
    await expect(page.getByText('Caps Lock is on.')).toBeVisible();
    await expectAccessible(page);
    await press(false);
    await expect(page.getByText('Caps Lock is on.')).toHaveCount(0);
    await field.evaluate((node) => {
      const data = new DataTransfer();
      data.setData('text/plain', 'from a keeper of passwords');
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
      if (node.dispatchEvent(event)) node.setRangeText(data.getData('text/plain'));
    });
    await expect(field).toHaveValue('from a keeper of passwords');
  }
});

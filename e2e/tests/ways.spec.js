// Ways through the pages: the Back button on a phone, an address that is kept, the keyboard alone, older
// pages, and the states between.

import { randomUUID } from 'node:crypto';
import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test('on a phone each pane is one step, and Back undoes it', async ({ people }) => {
  const zoe = await people('zoe');
  const mira = await people('mira', PHONE);
  const { page } = mira;
  await expectAccessible(page);
  await mira.startTitled('A group', 'Crew');
  await page.goto('/');
  await mira.openConversation('Crew');
  await expect(page.getByRole('navigation', { name: 'Conversations' })).toBeHidden();
  await mira.write('Hello from the phone');
  await mira.sees('Hello from the phone');
  await expectAccessible(page);
  await expectFits(page);
  await page.getByRole('link', { name: 'Details' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Details' })).toBeVisible();
  await expectAccessible(page);
  await expectFits(page);
  await page.getByRole('button', { name: 'Add people' }).click();
  await page.getByLabel('Their user name').fill(zoe.name);
  await page.getByRole('button', { name: 'Add to the group' }).click();
  await expect(page.getByText(`@${zoe.name}`)).toBeVisible();

  await page.goBack();
  await expect(page.locator('#write')).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
  await expect(page.locator('#write')).toBeHidden();
  await page.goForward();
  await expect(page.locator('#write')).toBeVisible();
  await page.getByRole('link', { name: 'Back to chats' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
});

test('an address opens its conversation, also through the sign-in, and one that is not there says so', async ({ people }) => {
  const mira = await people('mira', { network: true });
  const { page } = mira;
  await mira.startTitled('A public room', 'Keep this address');
  await mira.write('Found again');
  await mira.sees('Found again');
  const address = page.url();
  await mira.context.clearCookies();
  await page.goto('about:blank');
  await page.goto(address);
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByLabel('User name or e-mail').fill(mira.name);
  await page.getByLabel('Password', { exact: true }).fill('kelp harbour seven boats');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await mira.sees('Found again');
  expect(page.url()).toBe(address);

  await page.goto(`/#room/${randomUUID()}`);
  await expect(page.getByRole('heading', { level: 1, name: 'This conversation is not here' })).toBeFocused();
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Go to your chats' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
});

test('the keyboard alone is enough: sign in, start, write, go to the next unread, and close', async ({ people }) => {
  const zoe = await people('zoe');
  const mira = await people('mira', { network: true });
  await mira.page.close();
  const page = (mira.page = await mira.newPage());
  await mira.context.clearCookies();
  await page.goto('/');
  await expect(page.locator('#login')).toBeFocused();
  await page.keyboard.type(mira.name);
  await page.keyboard.press('Tab');
  await page.keyboard.type('kelp harbour seven boats');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Start a conversation' })).toBeVisible();

  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to chats' })).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'New conversation' }));
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Their user name')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'New conversation' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.type(zoe.name);
  await page.keyboard.press('Enter');
  await expect(page.locator('#thread-title')).toBeFocused();
  await page.keyboard.type('Typed at once');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('and a second line');
  await page.keyboard.press('Enter');
  await expect(bubbles(page, 'Typed at once and a second line')).toHaveCount(1);

  await zoe.startTitled('A group', 'Night watch');
  await zoe.page.getByRole('button', { name: 'Add people' }).first().click();
  await zoe.page.getByLabel('Their user name').fill(mira.name);
  await zoe.page.getByRole('button', { name: 'Add to the group' }).click();
  await expect(page.getByRole('link', { name: 'Night watch' })).toBeVisible();
  await zoe.write('Anybody awake?');
  await expect(page.getByRole('link', { name: 'Night watch' }).locator('.unread')).toContainText('1');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.locator('#thread-title')).toHaveText('Night watch');
  await tabTo(page, page.getByRole('link', { name: 'Details' }));
  await page.keyboard.press('Enter');
  await expect(page.locator('#details-title')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('complementary')).toBeHidden();
});

/** Presses Tab until this has the focus; a person would give up after the whole page. */
async function tabTo(page, target) {
  for (let n = 0; n < 40; n += 1) {
    if (await target.evaluate((node) => node === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  await expect(target).toBeFocused();
}

test('older messages come in at the top without moving what is read', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startDirect(zoe.name);
  const lines = Array.from({ length: 120 }, (_, at) => `Line ${at + 1}`);
  await mira.sayAll(lines);
  await mira.sees('Line 120');
  await zoe.openConversation(mira.name);
  const { page } = zoe;
  await zoe.sees('Line 120');
  await expect(bubbles(page, 'Line 1')).toHaveCount(0);
  await expect(page.locator('#messages > .older')).toHaveCount(1);

  // To where nothing older is in sight yet, and there a message arrives below.
  await page.locator('.thread__scroll').evaluate((scroller) => {
    scroller.scrollTop = -800;
  });
  const place = () => page.locator('.msg').evaluateAll((rows) => {
    const top = document.querySelector('.thread__scroll').getBoundingClientRect().top;
    const row = rows.find((one) => one.getBoundingClientRect().bottom > top + 1);
    return [row.innerText, Math.round(row.getBoundingClientRect().top)];
  });
  const before = await place();
  await mira.write('Below you');
  const jump = page.getByRole('button', { name: '1 new' });
  await expect(jump).toBeVisible();
  expect(await place()).toEqual(before);
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Load older messages' }).focus();
  await expect(bubbles(page, 'Line 30')).toHaveCount(1);
  await expect.poll(async () => {
    await page.locator('.thread__scroll').evaluate((scroller) => {
      scroller.scrollTop = -scroller.scrollHeight;
    });
    return bubbles(page, 'Line 1').count();
  }).toBe(1);
  await expect(page.locator('#messages > .older')).toHaveCount(0);
  expect((await zoe.texts()).map((text) => text.trim())).toEqual([...lines, 'Below you']);
  await page.getByRole('button', { name: 'To the newest' }).or(jump).click();
  await expect(bubbles(page, 'Below you')).toBeInViewport();
});

test('a text of 4,000 characters goes out, one more does not, and the count says so', async ({ people }) => {
  const mira = await people('mira');
  await mira.startTitled('A group', 'Long texts');
  const field = mira.page.locator('#write');
  await field.fill('🎉'.repeat(4_001));
  await expect(mira.page.locator('#count')).toHaveText('1 characters too long');
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(mira.page);
  await mira.page.keyboard.press('Enter');
  await expect(field).not.toHaveValue('');
  await field.fill('🎉'.repeat(4_000));
  await expect(mira.page.locator('#count')).toHaveText('0 characters left');
  await mira.page.keyboard.press('Enter');
  await expect(mira.page.locator('.msg:not(.is-sending) .bubble')).toHaveText('🎉'.repeat(4_000));
});

test('while the list and a conversation are on their way the page shows their shape', async ({ people, server }) => {
  const mira = await people('mira', { network: true });
  const { page } = mira;
  await mira.startTitled('A group', 'Slow boat');
  const address = page.url();
  let release;
  const held = new Promise((resolve) => {
    release = resolve;
  });
  await page.route('**/api/v1/me/conversations*', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto('about:blank');
  await page.goto(`${server.origin}/`);
  await expect(page.locator('#list-items .skeleton').first()).toBeVisible();
  await expectAccessible(page);
  await expect(page.getByText('This takes longer than usual.')).toBeVisible();
  await expectAccessible(page);
  release();
  await expect(page.getByRole('link', { name: 'Slow boat' })).toBeVisible();

  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.route('**/api/v1/me/conversations*', (route) => route.fulfill({ status: 500, contentType: 'application/problem+json', body: '{"status":500,"code":"internal","detail":"No.","request_id":"r-1"}' }));
  await page.reload();
  await expect(page.getByText('The list did not load.')).toBeVisible();
  await expectAccessible(page);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await page.getByRole('button', { name: 'Load the list again' }).click();
  await expect(page.getByRole('link', { name: 'Slow boat' })).toBeVisible();
  await page.goto(address);
  await expect(page.locator('#thread-title')).toHaveText('Slow boat');
});

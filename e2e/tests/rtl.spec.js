// From right to left: what people write keeps its direction in every page, and a page that runs from the right is mirrored.

import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const TITLE = 'קבוצת הנמל';
const SAID = [
  ['שלום לכולם, ניפגש ב-12:30 ליד הסירות', 'rtl'],
  ['مرحبا، هل الماء بارد اليوم؟', 'rtl'],
  ['Low tide is at noon', 'ltr'],
  ['ראיתם את AllThrive? זה עובד!', 'rtl'],
  ['AllThrive: כן, ראינו', 'ltr'],
  ['✅ 12:30', 'ltr'],
];
const SIZES = { desktop: { viewport: { width: 1280, height: 800 } }, phone: { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true } };

/** A page in a language that is written from the right: the catalogue has none yet, the layout is ready for one. */
const fromTheRight = (page) => page.addInitScript(() => {
  document.addEventListener('DOMContentLoaded', () => {
    document.documentElement.dir = 'rtl';
  });
});
const box = (locator) => locator.first().evaluate((node) => {
  const { left, right, top, bottom, width } = node.getBoundingClientRect();
  return { left, right, top, bottom, middle: (left + right) / 2, width };
});
const directionOf = (page, text) => bubbles(page, text).evaluate((node) => getComputedStyle(node).direction);
const isMirrored = (locator) => locator.first().evaluate((node) => getComputedStyle(node).transform.startsWith('matrix(-1'));

async function harbour(people, options) {
  const [mira, zoe] = [await people('mira', options), await people('zoe')];
  await mira.startTitled('A group', TITLE);
  const group = mira.page.url().replace('/details', '');
  await mira.page.getByRole('button', { name: 'Add people' }).first().click();
  await mira.page.getByLabel('Their user name').fill(zoe.name);
  await mira.page.getByRole('button', { name: 'Add to the group' }).click();
  await mira.page.goto(group);
  await zoe.openConversation(TITLE);
  for (const [at, [text]] of SAID.entries()) {
    const who = at % 2 ? zoe : mira;
    await who.write(text);
    await who.sees(text);
  }
  await mira.sees(SAID.at(-1)[0]);
  return { mira, zoe, group };
}

test('in a page from the left, text from the right keeps its direction, whole and in part', async ({ people }) => {
  const { mira } = await harbour(people, SIZES.desktop);
  const { page } = mira;
  for (const [text, direction] of SAID) expect(await directionOf(page, text), text).toBe(direction);
  // The row of the list ends where its text begins, and the time stays on the right.
  const row = page.getByRole('link', { name: TITLE });
  expect(await row.locator('.conv__name').evaluate((node) => getComputedStyle(node).direction)).toBe('rtl');
  expect((await box(row.locator('.conv__time'))).left).toBeGreaterThan((await box(row.locator('.conv__name'))).left);
  // Who said it stands where the line begins, what was said runs and is cut as it is written.
  await mira.write(SAID[0][0].repeat(4));
  await expect(row.locator('.conv__said > span')).toContainText(SAID[0][0]);
  expect(await row.locator('.conv__said').evaluate((node) => getComputedStyle(node).direction)).toBe('ltr');
  expect(await row.locator('.conv__said > span').evaluate((node) => [getComputedStyle(node).direction, node.scrollWidth > node.clientWidth])).toEqual(['rtl', true]);
  expect((await box(row.locator('.conv__said > bdi'))).right).toBeLessThan((await box(row.locator('.conv__said > span'))).left);
  // What is typed turns the field while it is typed; what it says stays.
  await page.locator('#write').fill('שלום');
  expect(await page.locator('#write').evaluate((node) => getComputedStyle(node).direction)).toBe('rtl');
  await page.locator('#write').fill('');
  // An answer quotes in the quoted direction.
  await bubbles(page, SAID[0][0]).first().hover();
  await page.locator('.msg').filter({ hasText: SAID[0][0] }).first().focus();
  await page.keyboard.press('r');
  await mira.write('I will be there');
  await mira.sees('I will be there');
  const answer = page.locator('.msg').filter({ hasText: 'I will be there' });
  expect(await answer.locator('.bubble > p').evaluate((node) => getComputedStyle(node).direction)).toBe('ltr');
  expect(await answer.locator('.quote .truncate').evaluate((node) => getComputedStyle(node).direction)).toBe('rtl');
  await expectAccessible(page);
  await expectFits(page);
});

for (const [size, options] of Object.entries(SIZES)) {
  test(`a page from the right is mirrored, fits and is accessible, on a ${size}`, async ({ people }) => {
    const { mira, zoe, group } = await harbour(people, options);
    const { page } = mira;
    await fromTheRight(page);
    const look = async () => {
      await expectFits(page);
      await expectAccessible(page);
    };
    await page.goto('/');
    await page.reload();
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await expect(page.getByRole('link', { name: TITLE })).toBeVisible();
    await look();
    await page.goto(group);
    await mira.sees(SAID[0][0]);
    for (const [text, direction] of SAID) expect(await directionOf(page, text), text).toBe(direction);
    const thread = await box(page.locator('.thread'));
    expect((await box(bubbles(page, SAID[0][0]))).middle, 'own on the left').toBeLessThan(thread.middle);
    expect((await box(bubbles(page, SAID[1][0]))).middle, 'theirs on the right').toBeGreaterThan(thread.middle);
    expect((await box(page.locator('.composer .icon-btn--act'))).middle).toBeLessThan((await box(page.locator('#write'))).middle);
    expect(await isMirrored(page.locator('.composer .icon-btn--act .icon'))).toBe(true);
    expect(await isMirrored(page.locator('#details-link .icon'))).toBe(true);
    if (size === 'desktop') expect((await box(page.locator('.list'))).left).toBeGreaterThan(thread.left);
    else expect(await isMirrored(page.getByRole('link', { name: 'Back to chats' }).locator('.icon'))).toBe(true);
    await look();

    await page.goto(`${group}/details`);
    const steps = page.locator('#details .member').filter({ hasText: `@${zoe.name}` }).getByRole('button', { name: 'Steps for' });
    await steps.click();
    const menu = page.getByRole('menu');
    await expect(menu).toBeVisible();
    if (size === 'desktop') expect(Math.abs((await box(menu)).left - (await box(steps)).left), 'the menu begins where its button ends').toBeLessThan(2);
    const item = menu.getByRole('menuitem').first();
    expect((await box(item.locator('.icon'))).middle).toBeGreaterThan((await box(item.locator('.grow'))).middle);
    await look();
    await page.keyboard.press('Escape');

    await page.locator('#details').getByRole('button', { name: 'Slow mode' }).click();
    const select = page.getByRole('dialog').locator('.select');
    const { backgroundPositionX, paddingLeft, paddingRight } = await select.evaluate((node) => {
      const style = getComputedStyle(node);
      return { backgroundPositionX: style.backgroundPositionX, paddingLeft: parseFloat(style.paddingLeft), paddingRight: parseFloat(style.paddingRight) };
    });
    expect(paddingLeft, 'room for the arrow on the left').toBeGreaterThan(paddingRight);
    expect(backgroundPositionX).toMatch(/^(left|0%|\d)/);
    expect(backgroundPositionX).not.toContain('100%');
    await look();
    await page.keyboard.press('Escape');

    await page.goto(group);
    await page.locator('.msg').first().focus();
    await page.keyboard.press('?');
    const flip = page.getByRole('switch');
    await expect(flip).toBeChecked();
    // On is away from where the line begins: to the left of off.
    await expect.poll(() => flip.evaluate((node) => new DOMMatrix(getComputedStyle(node, '::after').transform).e)).toBeLessThan(0);
    await look();
  });
}

// The same chat for eyes and hands of every kind: dark, still, in few colours, at four times the size, by keys alone.

import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const row = (page, text) => page.locator('.msg').filter({ has: page.getByText(text, { exact: true }) });

/** How light a colour of the page is, 0 to 1. */
const lightness = (page, selector) => page.locator(selector).first().evaluate((node) => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d');
  canvas.fillStyle = getComputedStyle(node).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
});

test('who likes it dark has it dark, and light again without loading the page', async ({ people }) => {
  const mira = await people('mira', { colorScheme: 'dark' });
  await mira.startTitled('A group', 'Night');
  await mira.write('Good evening');
  await mira.sees('Good evening');
  for (const part of ['.list', '.thread__head', 'body']) expect(await lightness(mira.page, part), part).toBeLessThan(0.25);
  await mira.page.emulateMedia({ colorScheme: 'light' });
  for (const part of ['.list', '.thread__head', 'body']) expect(await lightness(mira.page, part), part).toBeGreaterThan(0.75);
});

test('who wants nothing to move sees nothing move', async ({ people }) => {
  const mira = await people('mira', { reducedMotion: 'reduce' });
  const moving = () => mira.page.evaluate(() => document.getAnimations().filter(({ playState }) => playState === 'running').length);
  await mira.startTitled('A group', 'Still');
  await mira.write('Hold still');
  await mira.sees('Hold still');
  await row(mira.page, 'Hold still').focus();
  await mira.page.keyboard.press('Delete');
  await expect(mira.page.locator('.toast')).toBeVisible();
  expect(await moving()).toBe(0);
  await mira.page.emulateMedia({ reducedMotion: 'no-preference' });
  await mira.page.keyboard.press('z');
  await mira.sees('Hold still');
});

test('in forced colours every message and button keeps an edge, and what is chosen is marked', async ({ people }) => {
  const mira = await people('mira', { forcedColors: 'active' });
  const { page } = mira;
  await mira.startTitled('A group', 'Few colours');
  await mira.write('An edge');
  await mira.sees('An edge');
  const edge = (selector) => page.locator(selector).first().evaluate((node) => getComputedStyle(node).borderTopStyle);
  expect(await edge('.bubble')).toBe('solid');
  const current = page.locator('.conv[aria-current]');
  if (await current.count()) expect(await current.evaluate((node) => getComputedStyle(node).outlineStyle)).toBe('solid');
  await page.locator('#write').focus();
  expect(await page.evaluate(() => {
    const { outlineStyle, outlineWidth, borderTopStyle } = getComputedStyle(document.activeElement.closest('.composer') ?? document.activeElement);
    const own = getComputedStyle(document.activeElement);
    return (outlineStyle !== 'none' && outlineWidth !== '0px') || (own.outlineStyle !== 'none' && own.outlineWidth !== '0px') || borderTopStyle !== 'none';
  })).toBe(true);
  await expectFits(page);
});

test('at four times the size everything is there in one column', async ({ people }) => {
  // 1280 × 1024 at 400 %: what WCAG calls reflow.
  const mira = await people('mira', { viewport: { width: 320, height: 256 }, deviceScaleFactor: 4 });
  const { page } = mira;
  await mira.startTitled('A group', 'Large print');
  await page.goto(page.url().replace('/details', ''));
  await mira.write('A word of more than forty characters: Donaudampfschifffahrtsgesellschaftskapitän');
  await expect(page.locator('.msg:not(.is-sending) .bubble')).toBeVisible();
  await expectFits(page);
  await expectAccessible(page);
  await page.getByRole('link', { name: 'Details' }).click();
  await expect(page.locator('#details')).toBeVisible();
  await expectFits(page);
  await page.goto('/');
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByRole('button', { name: 'Start the conversation' }).scrollIntoViewIfNeeded();
  await expect(page.getByRole('button', { name: 'Start the conversation' })).toBeInViewport();
  await expectFits(page);
});

test('by keys alone: choose, write, react, change, delete, undo, look at the members, and find the focus again each time', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await zoe.startDirect(mira.name);
  await zoe.write('Wake up');
  await zoe.sees('Wake up');
  const { page } = mira;
  const keys = page.keyboard;
  const focused = (target) => expect(target).toBeFocused();
  await expect(page.getByRole('link', { name: zoe.name }).locator('.unread')).toBeVisible();
  await keys.press('Control+k');
  await keys.type(zoe.name.slice(0, 4));
  await keys.press('Enter');
  await focused(page.locator('#thread-title'));
  await keys.type('I am awake');
  await keys.press('Enter');
  await mira.sees('I am awake');
  await focused(page.locator('#write'));

  await keys.press('ArrowUp');
  await expect(page.locator('#write')).toHaveValue('I am awake');
  await keys.press('End');
  await keys.type(' now');
  await keys.press('Enter');
  await zoe.sees('I am awake now');
  await focused(page.locator('#write'));

  const tabTo = async (target, key) => {
    for (let n = 0; n < 40 && !(await target.evaluate((node) => node === document.activeElement)); n += 1) await keys.press(key);
    await focused(target);
  };
  await tabTo(page.locator('.thread__scroll'), 'Shift+Tab');
  await keys.press('ArrowDown');
  await keys.press('End');
  await focused(row(page, 'I am awake now'));
  await keys.press('ArrowUp');
  await focused(row(page, 'Wake up'));
  await keys.press('+');
  await expect(page.getByRole('dialog', { name: 'Choose a reaction' })).toBeVisible();
  await keys.press('Escape');
  await focused(row(page, 'Wake up'));
  await keys.press('+');
  await keys.press('ArrowDown');
  await keys.press('Enter');
  await focused(row(page, 'Wake up'));
  await expect(row(zoe.page, 'Wake up').locator('.reaction[aria-pressed]')).toHaveCount(1);

  await keys.press('End');
  await focused(row(page, 'I am awake now'));
  await keys.press('Delete');
  await expect(page.locator('.toast')).toBeVisible();
  await keys.press('z');
  await expect(page.locator('.toast')).toHaveCount(0);
  await mira.sees('I am awake now');

  const details = page.getByRole('link', { name: 'Details' });
  await tabTo(details, 'Shift+Tab');
  await keys.press('Enter');
  await focused(page.locator('#details-title'));
  await keys.press('Escape');
  await focused(details);
  await expect(bubbles(zoe.page, 'I am awake now')).toHaveCount(1);
});

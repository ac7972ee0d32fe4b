// Takes the pictures of docs/img: every state worth a look, in the light, in the dark and on a phone. The server is one of
// `allthrive seed-demo`. `scripts/pictures [NAME…]` runs it; without names it takes all.

import { chromium, expect } from '@playwright/test';
import { mkdir } from 'node:fs/promises';
import config from '../playwright.config.js';
import { makeAccount, PASSWORD } from '../lib/person.js';
import { Server } from '../lib/server.js';

const INTO = process.env.INTO ?? new URL('../../docs/img/', import.meta.url).pathname;
const wanted = process.argv.slice(2);
const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };
const LONG = 'Maximiliane-Theodora von Hohenstein am Rande des Wattenmeers';
const LETTER = Array.from({ length: 60 }, (_, at) => `${at + 1}. The tide turns at noon, the boats lie on the mud, and who has boots walks out to the posts.`).join('\n').slice(0, 3999);

const server = await Server.demo();
const browser = await chromium.launch(/** @type {any} */ (config.use).launchOptions);
await mkdir(INTO, { recursive: true });

/** @type {import('@playwright/test').Page} */
let page;
/** @type {import('@playwright/test').BrowserContext} */
let context;

/** A browser of one's own; signed in if a name is given. */
async function arrive(/** @type {string} */ name, /** @type {any} */ how = DESKTOP, password = server.password) {
  await context?.close();
  context = await browser.newContext({ baseURL: server.origin, locale: 'en-GB', timezoneId: 'Europe/Berlin', ...how });
  page = await context.newPage();
  if (!name) return;
  await page.goto('/signin');
  await page.locator('#login').fill(name);
  await page.locator('#password').fill(password);
  await page.locator('form [type="submit"]').click();
  await page.locator('#list-items').waitFor();
  await expect(page.locator('#new-conversation')).toBeEnabled();
}

/** Takes one, once everything that moves stands still. */
async function shoot(/** @type {string} */ name) {
  await page.evaluate(() => document.fonts.ready);
  await page.waitForFunction(() => document.getAnimations().every(({ effect, playState }) => playState !== 'running' || effect?.getTiming().iterations === Infinity));
  await page.mouse.move(5, 5);
  await page.screenshot({ path: `${INTO}${name}.png` });
  console.log(name);
}

async function open(/** @type {string | RegExp} */ name) {
  await page.locator('#list-items').getByRole('link', { name }).click();
  await expect(page.locator('.msg, .empty').first()).toBeVisible();
}

async function write(/** @type {string} */ text) {
  await page.locator('#write').fill(text);
  await page.locator('#write').press('Enter');
  await expect(page.locator('.msg:not(.is-sending) .bubble').last()).toContainText(text.slice(0, 20));
}

async function start(/** @type {string} */ kind, /** @type {string} */ title) {
  await page.locator('#new-conversation').click();
  await page.getByRole('radio', { name: kind }).check();
  await page.getByLabel('Its name').fill(title);
  await page.getByRole('button', { name: 'Start the conversation' }).click();
  await expect(page.locator('#thread-title')).toHaveText(title);
  await page.goto(page.url().replace('/details', ''));
  await expect(page.locator('#write')).toBeVisible();
}

/** Whoever has nothing yet. */
async function newcomer(/** @type {string} */ name, /** @type {any} */ how) {
  const other = await browser.newContext();
  await makeAccount(server, other.request, name);
  await other.close();
  await arrive(name, how, PASSWORD);
}

const fromTheRight = () => page.addInitScript(() => document.addEventListener('DOMContentLoaded', () => {
  document.documentElement.dir = 'rtl';
}));

/** @type {[string[], () => Promise<void>][]} */
const pictures = [
  [['chat-light', 'details', 'menu'], async () => {
    await arrive('zoe');
    await open('Lobby');
    await shoot('chat-light');
    await page.locator('#details-link').click();
    await expect(page.locator('#details .member').first()).toBeVisible();
    await shoot('details');
    await page.locator('#details').getByRole('button', { name: 'Steps for' }).nth(1).click();
    await shoot('menu');
  }],
  [['chat-dark', 'emoji'], async () => {
    await arrive('zoe', { ...DESKTOP, colorScheme: 'dark' });
    await open('Lobby');
    await shoot('chat-dark');
    await page.getByRole('button', { name: /emoji/i }).first().click();
    await expect(page.getByRole('dialog')).toBeVisible();
    await shoot('emoji');
  }],
  [['list-phone', 'chat-phone', 'chat-phone-dark'], async () => {
    await arrive('zoe', PHONE);
    await shoot('list-phone');
    await open('Thursday quiz crew');
    await shoot('chat-phone');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('chat-phone-dark');
  }],
  [['empty', 'empty-search', 'empty-chat', 'empty-dark'], async () => {
    await newcomer('ida', DESKTOP);
    await shoot('empty');
    await page.emulateMedia({ colorScheme: 'dark' });
    await shoot('empty-dark');
    await page.emulateMedia({ colorScheme: null });
    await start('A group', 'Harbour walk');
    await shoot('empty-chat');
    await page.getByRole('searchbox').first().fill('bolwine');
    await shoot('empty-search');
  }],
  [['empty-phone', 'empty-chat-phone'], async () => {
    await newcomer('tove', PHONE);
    await shoot('empty-phone');
    await start('A group', 'Boats');
    await shoot('empty-chat-phone');
  }],
  [['long', 'long-phone'], async () => {
    await arrive('bolin');
    await start('A group', LONG);
    await write(LETTER);
    await write('Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft'.repeat(2));
    await write('https://example.org/a/very/long/address/that/nobody/would/ever/type/by/hand?with=many&names=and&values=that-go-on-and-on');
    await shoot('long');
    const address = page.url();
    const state = await context.storageState();
    await arrive('', { ...PHONE, storageState: state });
    await page.goto(address);
    await expect(page.locator('.msg').first()).toBeVisible();
    await shoot('long-phone');
  }],
  [['rtl', 'rtl-page', 'rtl-phone'], async () => {
    await arrive('zoe');
    await open(/^أمل حداد/);
    await write('שלום אמל, ניפגש ב-12:30 ליד הסירות?');
    await write('Bring the boots 🥾, أراك هناك');
    await shoot('rtl');
    await fromTheRight();
    await page.reload();
    await expect(page.locator('.msg').first()).toBeVisible();
    await shoot('rtl-page');
    const address = page.url();
    const state = await context.storageState();
    await arrive('', { ...PHONE, storageState: state });
    await fromTheRight();
    await page.goto(address);
    await expect(page.locator('.msg').first()).toBeVisible();
    await shoot('rtl-phone');
  }],
  [['emoji-chat', 'profile', 'keys'], async () => {
    await arrive('zoe');
    await open('Kitchen table');
    await write('🎉🎉🎉');
    await write('👩🏽‍🚀 + 🏳️‍🌈 = ❤️ and 12 🥐 for 👨‍👩‍👧‍👦');
    await shoot('emoji-chat');
    await page.locator('#details-link').click();
    await page.locator('#details').getByRole('button', { name: 'Steps for' }).first().click();
    await page.getByRole('menuitem', { name: /profile|card/i }).click();
    await expect(page.locator('.profile-card')).toBeVisible();
    await shoot('profile');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.locator('.msg').last().focus();
    await page.keyboard.press('?');
    await shoot('keys');
  }],
  [['offline', 'german'], async () => {
    await arrive('jonas');
    await open('Lobby');
    await context.setOffline(true);
    await expect(page.locator('#banner')).toBeVisible();
    await page.locator('#write').fill('From the tunnel');
    await page.locator('#write').press('Enter');
    await shoot('offline');
    await context.setOffline(false);
    await page.evaluate(() => localStorage.setItem('allthrive.language', 'de'));
    await page.reload();
    await page.goto(`${page.url()}/details`);
    await expect(page.locator('#details .member').first()).toBeVisible();
    await shoot('german');
  }],
  [['signin', 'signup', 'signup-phone-dark'], async () => {
    await arrive('');
    await page.goto('/signin');
    await shoot('signin');
    await page.goto('/signup');
    await page.locator('#username').fill('mi');
    await page.locator('#email').fill('mira@');
    await page.locator('#password').fill('cocoa');
    await page.locator('form [type="submit"]').click();
    await shoot('signup');
    await arrive('', { ...PHONE, colorScheme: 'dark' });
    await page.goto('/signup');
    await shoot('signup-phone-dark');
  }],
];

let failed = 0;
for (const [names, take] of pictures) {
  if (wanted.length && !names.some((name) => wanted.includes(name))) continue;
  await take().catch((error) => {
    failed += 1;
    console.error(`${names.join(', ')}: ${error.message}`);
  });
}
await browser.close();
await server.dispose();
process.exit(failed ? 1 : 0);

// What each test is given: a server for the file, people, and the accessibility check.

import { test as base, expect } from '@playwright/test';
import axe from 'axe-core';
import { Person } from './person.js';
import { Server } from './server.js';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export const test = base.extend({
  /** One server for all tests of a worker. Tests that kill a server start their own. */
  server: [
    async ({}, use) => {
      const server = await Server.start();
      await use(server);
      await server.dispose();
    },
    { scope: 'worker' },
  ],

  /** A name that nobody else in this run has. */
  named: async ({}, use, info) => {
    const unique = `${info.workerIndex}${Date.now().toString(36).slice(-6)}`;
    await use((name) => `${name}-${unique}`);
  },

  /** Starts a server that this test alone has; it ends after the people have left. */
  start: async ({}, use) => {
    const servers = [];
    await use(async (engine, settings) => {
      servers.push(await Server.start(engine, settings));
      return servers.at(-1);
    });
    for (const server of servers) await server.dispose();
  },

  /** Brings people, signed in, and says goodbye to them; a page that wrote an error fails the test. */
  people: async ({ browser, server, start, named }, use) => {
    // Asked for so that servers outlive people.
    void start;
    const here = [];
    await use(async (name, options = {}) => {
      const person = await Person.signedIn(browser, options.server ?? server, named(name), options);
      here.push(person);
      return person;
    });
    for (const person of here) await person.leave();
  },
});

/** What axe has against the page as it stands. It is put into each document once; the pages have no frames. */
async function violationsOf(page, runOnly) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  return page.evaluate(async (only) => {
    const { violations } = await window.axe.run(document, { runOnly: only, resultTypes: ['violations'] });
    return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html }) => html) }));
  }, runOnly);
}

/** No violation of WCAG 2.2 AA or of axe's best practices, in the light and in the dark. */
export async function expectAccessible(page) {
  // Before its script ran a page is only on its way: its main part comes with it.
  await expect(page.locator('main, [role="main"]')).toHaveCount(1);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    // Only colours differ in the dark.
    const violations = await violationsOf(page, colorScheme === 'light' ? { type: 'tag', values: RULES } : { type: 'rule', values: ['color-contrast'] });
    const said = violations.map(({ id, help, nodes }) => `${colorScheme}: ${id}: ${help}\n${nodes.map((html) => `  ${html}`).join('\n')}`);
    expect(said, `${page.url()} in ${colorScheme}`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** No sideways scrolling. */
export async function expectFits(page) {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
}

export { expect };

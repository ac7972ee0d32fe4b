// Lighthouse over a page as a signed-in person has it: in the browser that this person uses, by its debugging port.

import { chromium } from '@playwright/test';
import lighthouse from 'lighthouse';
import desktopConfig from 'lighthouse/core/config/desktop-config.js';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Opens a browser of its own with a port, lets `arrive` sign in there, and judges each of the addresses that it names.
 * @param {import('@playwright/test').FullProject['use']} use the browser's settings of this run
 * @param {(page: import('@playwright/test').Page) => Promise<string[]>} arrive
 * @param {{categories: string[], desktop?: boolean}} how
 * @returns {Promise<{address: string, scores: Record<string, number>, faults: string[], metrics: Record<string, string>}[]>}
 */
export async function judge(use, arrive, { categories, desktop = false }) {
  const home = await mkdtemp(join(tmpdir(), 'allthrive-lighthouse-'));
  const { args = [], executablePath } = use.launchOptions ?? {};
  const context = await chromium.launchPersistentContext(home, { executablePath, args: [...args, '--remote-debugging-port=0'] });
  try {
    const addresses = await arrive(context.pages()[0] ?? (await context.newPage()));
    const port = Number((await readFile(join(home, 'DevToolsActivePort'), 'utf8')).split('\n')[0]);
    const judged = [];
    for (const address of addresses) {
      // Its own settings of a desktop: another screen, line and processor, and stricter marks.
      const run = await lighthouse(address, { port, onlyCategories: categories, disableStorageReset: true, logLevel: 'error', output: 'json' }, desktop ? desktopConfig : undefined);
      const { lhr } = run ?? {};
      if (!lhr || lhr.runtimeError) throw new Error(`${address}: ${lhr?.runtimeError?.message ?? 'no result'}`);
      const scores = Object.fromEntries(Object.entries(lhr.categories).map(([name, category]) => [name, Math.round(100 * (category.score ?? 0))]));
      const weighty = Object.values(lhr.categories).flatMap((category) => category.auditRefs.filter((ref) => ref.weight > 0).map((ref) => lhr.audits[ref.id]));
      const faults = weighty.filter((audit) => audit.score !== null && audit.score < 1).map((audit) => `${audit.id}: ${audit.title} ${audit.displayValue ?? ''}`.trim());
      const shown = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift'];
      const metrics = Object.fromEntries(shown.flatMap((id) => (lhr.audits[id] ? [[id, lhr.audits[id].displayValue ?? '']] : [])));
      judged.push({ address, scores, faults, metrics });
    }
    return judged;
  } finally {
    await context.close();
    await rm(home, { recursive: true, force: true });
  }
}

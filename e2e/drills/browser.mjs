// How fast the chat is in a real browser, as tables for docs/PERFORMANCE.md: from the press on Send to the own bubble and
// to "sent", a room of 50,000 messages, and what Lighthouse makes of it. `scripts/drills browser` runs it on a release build.

import { chromium } from '@playwright/test';
import config from '../playwright.config.js';
import { judge } from '../lib/lighthouse.js';
import { makeAccount, PASSWORD, Person } from '../lib/person.js';
import { Server } from '../lib/server.js';

const SENDS = Number(process.env.SENDS ?? 200);
const MESSAGES = Number(process.env.MESSAGES ?? 50_000);
/** Pages that are walked up from the newest. */
const PAGES = Number(process.env.PAGES ?? 250);
const use = /** @type {any} */ (config.use);
const LIMITS = ['SENDS_PER_SECOND', 'SEND_BURST', 'HISTORY_PER_SECOND', 'COMMANDS_PER_SECOND'];
const settings = Object.fromEntries(LIMITS.map((name) => [`ALLTHRIVE__LIMITS__${name}`, '100000']));

/** @param {number[]} numbers @param {number} part */
const quantile = (numbers, part) => [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * part))];
const shown = (/** @type {number} */ number) => (number < 10 ? number.toFixed(1) : Math.round(number).toLocaleString('en'));
const spread = (/** @type {number[]} */ numbers) => `${shown(quantile(numbers, 0.5))} / ${shown(quantile(numbers, 0.95))} / ${shown(Math.max(...numbers))}`;
const table = (/** @type {string[]} */ head, /** @type {string[][]} */ rows) => {
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  console.log(`\n${[line(head), `|---|${'---:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n')}\n`);
};

/** Says `count` things in the open room, a hundred in flight; each must be taken. By a page that draws nothing of it. */
async function fill(/** @type {any} */ page, /** @type {number} */ count) {
  const open = await page.evaluate(() => location.hash.split('/')[1]);
  await page.goto('/docs');
  await page.evaluate(async (/** @type {[string, number]} */ [room, total]) => {
    const socket = new WebSocket(`ws://${location.host}/v1/ws`, ['allthrive.v1.json']);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    const words = 'low tide at noon bring the boots and the rope we meet where the boats are hauled out'.split(' ');
    const text = (/** @type {number} */ n) => `${n}: ${Array.from({ length: 3 + (n % 23) }, (_, at) => words[(n + at * 7) % words.length]).join(' ')}`;
    await new Promise((resolve, reject) => {
      let asked = 0;
      let taken = 0;
      const more = () => {
        while (asked < total && asked - taken < 100) {
          asked += 1;
          socket.send(JSON.stringify({ id: asked + 1, op: 'message.send', room, d: { cmid: crypto.randomUUID(), body: text(asked) } }));
        }
      };
      socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code}`)));
      socket.addEventListener('message', ({ data }) => {
        const { id, error } = JSON.parse(data);
        if (id === undefined) return;
        if (error) reject(new Error(`${id}: ${error.code}`));
        else if (id > 1) taken += 1;
        if (taken === total) resolve(null);
        else more();
      });
      socket.send(JSON.stringify({ id: 1, op: 'hello', d: { subscribe: [] } }));
    });
    socket.close();
  }, [open, count]);
}

/** Presses Send and waits for what follows; times in ms since the press as the browser had it. */
async function sends(/** @type {any} */ page, /** @type {string} */ word) {
  await page.evaluate(() => {
    const list = /** @type {HTMLElement} */ (document.getElementById('messages'));
    const drill = { pressed: 0, text: '', dom: 0, paint: 0, sent: 0 };
    Object.assign(window, { drill });
    document.addEventListener('click', (event) => {
      drill.pressed = event.timeStamp;
    }, true);
    const own = () => [...list.querySelectorAll('.msg--own')].reverse().find((row) => row.querySelector('.bubble')?.textContent === drill.text);
    new MutationObserver(() => {
      if (!drill.text || drill.sent) return;
      const row = own();
      if (!row) return;
      if (!drill.dom) {
        drill.dom = performance.now() - drill.pressed;
        requestAnimationFrame(() => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            drill.paint = performance.now() - drill.pressed;
          };
          port2.postMessage(0);
        });
      }
      if (!row.classList.contains('is-sending')) drill.sent = performance.now() - drill.pressed;
    }).observe(list, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
  });
  const times = [];
  const button = page.locator('#send, .composer .icon-btn--act').first();
  for (let at = 0; at < SENDS + 10; at += 1) {
    const text = `${word} ${at}`;
    await page.locator('#write').fill(text);
    await page.evaluate((/** @type {string} */ now) => Object.assign(/** @type {any} */ (window).drill, { text: now, dom: 0, paint: 0, sent: 0 }), text);
    await button.click();
    await page.waitForFunction(() => /** @type {any} */ (window).drill.sent > 0 && /** @type {any} */ (window).drill.paint > 0);
    times.push(await page.evaluate(() => ({ .../** @type {any} */ (window).drill })));
  }
  // The first ten warm up.
  return times.slice(10);
}

/** Scrolls by hand's breadths until `done`, and looks after each page whether what was in sight moved. */
async function walk(/** @type {any} */ page, /** @type {number} */ direction, /** @type {number} */ most) {
  return page.evaluate(async ([way, limit]) => {
    const scroller = /** @type {HTMLElement} */ (document.querySelector('.thread__scroll'));
    const list = /** @type {HTMLElement} */ (document.getElementById('messages'));
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const ends = () => {
      const rows = list.querySelectorAll('.msg[data-seq]');
      return [Number(/** @type {HTMLElement} */ (rows[0]).dataset.seq), Number(/** @type {HTMLElement} */ (rows[rows.length - 1]).dataset.seq)];
    };
    const top = scroller.getBoundingClientRect().top;
    const first = () => /** @type {HTMLElement} */ ([...list.querySelectorAll('.msg[data-seq]')].find((row) => row.getBoundingClientRect().bottom > top + 1));
    const seen = { pages: 0, waits: /** @type {number[]} */ ([]), drift: /** @type {number[]} */ ([]), nodes: 0, rows: 0, frames: /** @type {number[]} */ ([]), from: ends(), to: ends() };
    let stop = false;
    let last = performance.now();
    const tick = (/** @type {number} */ now) => {
      seen.frames.push(now - last);
      last = now;
      if (!stop) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
    while (seen.pages < limit) {
      const wasEnds = ends();
      const before = scroller.scrollTop;
      scroller.scrollTop += way * scroller.clientHeight * 0.8;
      const moved = scroller.scrollTop !== before;
      const row = first();
      const at = row.getBoundingClientRect().top;
      const asked = performance.now();
      await frame();
      await frame();
      // Close to the edge a page is on its way: wait for it.
      const loader = list.querySelectorAll('.older');
      const near = [...loader].some((node) => {
        const box = node.getBoundingClientRect();
        return (way < 0 ? node === list.firstElementChild : node === list.lastElementChild) && box.bottom > top - 300 && box.top < top + scroller.clientHeight + 300;
      });
      if (near) while (ends()[way < 0 ? 0 : 1] === wasEnds[way < 0 ? 0 : 1] && performance.now() - asked < 5000) await frame();
      if (ends()[way < 0 ? 0 : 1] !== wasEnds[way < 0 ? 0 : 1]) {
        seen.waits.push(performance.now() - asked);
        await frame();
        seen.pages += 1;
        if (row.isConnected) seen.drift.push(Math.abs(row.getBoundingClientRect().top - at));
      } else if (!moved && !near) break;
      seen.nodes = Math.max(seen.nodes, document.querySelectorAll('*').length);
      seen.rows = Math.max(seen.rows, list.children.length);
    }
    stop = true;
    seen.to = ends();
    return seen;
  }, [direction, most]);
}

async function main() {
  const server = await Server.start('sqlite', settings);
  const browser = await chromium.launch(use.launchOptions);
  const fold = { viewport: { width: 1280, height: 800 } };
  try {
    const zoe = await Person.signedIn(browser, server, 'zoe', fold);
    const mira = await Person.signedIn(browser, server, 'mira', fold);

    const rows = [];
    await mira.startDirect('zoe');
    rows.push(['a chat of two, new', await sends(mira.page, 'short')]);
    await zoe.startTitled('A public room', 'Harbour');
    const started = performance.now();
    await fill(zoe.page, MESSAGES);
    const took = (performance.now() - started) / 1000;
    await mira.page.getByRole('button', { name: 'Public rooms' }).click();
    await mira.page.getByRole('button', { name: 'Join Harbour' }).click();
    await mira.page.locator('.msg[data-seq]').first().waitFor();

    await mira.page.goto(mira.page.url().replace('/details', ''));
    await mira.page.waitForFunction((/** @type {number} */ n) => [...document.querySelectorAll('.msg .bubble')].some((node) => node.textContent?.startsWith(`${n}: `)), MESSAGES);
    const up = await walk(mira.page, -1, PAGES);
    const down = await walk(mira.page, 1, Math.min(200, Math.floor(up.pages / 2)));
    const back = performance.now();
    await mira.page.getByRole('button', { name: /newest|new$/ }).click();
    await mira.page.waitForFunction((/** @type {number} */ n) => [...document.querySelectorAll('.msg .bubble')].some((node) => node.textContent?.startsWith(`${n}: `)), MESSAGES);
    const jumped = performance.now() - back;
    rows.push([`a room of ${MESSAGES.toLocaleString('en')}`, await sends(mira.page, 'long')]);

    console.log(`\nFrom the press on Send, ${SENDS} sends each, ms: p50 / p95 / most\n`);
    table(['where', 'own bubble there', 'painted', 'sent'], rows.map(([where, times]) => [String(where), ...['dom', 'paint', 'sent'].map((what) => spread(/** @type {any[]} */ (times).map((time) => time[what])))]));
    console.log(`A room of ${MESSAGES.toLocaleString('en')} messages (written in ${shown(took)} s), window 1280 × 800; to the newest again: ${shown(jumped)} ms\n`);
    table(['way', 'pages', 'from, to', 'page there, ms', 'moved, px', 'frames over 50 ms', 'rows', 'nodes'], [['up', up], ['down', down]].map(([way, seen]) => [
      String(way), shown(seen.pages), `${seen.from[1].toLocaleString('en')} → ${seen.to[0].toLocaleString('en')}`, spread(seen.waits), shown(Math.max(...seen.drift)),
      `${seen.frames.filter((/** @type {number} */ ms) => ms > 50).length} of ${seen.frames.length.toLocaleString('en')}`, shown(seen.rows), shown(seen.nodes)]));
    await mira.leave();
    await zoe.leave();
  } finally {
    await browser.close();
  }

  const request = await (await import('@playwright/test')).request.newContext();
  await makeAccount(server, request, 'ida');
  await request.dispose();
  const judged = [];
  for (const desktop of [false, true]) {
    judged.push(...await judge(use, async (page) => {
      await page.goto(`${server.origin}/signin`);
      await page.getByLabel('User name or e-mail').fill('zoe');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('link', { name: 'Harbour' }).click();
      await page.locator('.msg[data-seq]').first().waitFor();
      return [`${server.origin}/signin`, page.url()];
    }, { categories: ['performance'], desktop }).then((all) => all.map((one, at) => ({ ...one, what: `${at ? 'a conversation' : 'sign-in'}, ${desktop ? 'desktop' : 'phone'}` }))));
  }
  console.log('Lighthouse, performance (a phone: four times slower, a slow line)\n');
  table(['page', 'performance', 'first paint', 'largest paint', 'blocked', 'shift'], judged.map(({ what, scores, metrics }) => [what, String(scores.performance), ...Object.values(metrics)]));
  for (const { what, faults } of judged) if (faults.length) console.error(`${what}:\n  ${faults.join('\n  ')}`);
  await server.dispose();
}

await main();

// Every page and state there is, in the light and in the dark, on a desktop and on the smallest phone: no violation of
// WCAG 2.2 AA or of axe's best practices, and nothing wider than the screen.

import { PASSWORD } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true },
};

/** What is wrong is gathered, so that one run names all of it. */
function looker(page) {
  const wrong = [];
  const look = async (state) => {
    try {
      await expectAccessible(page);
      await expectFits(page);
    } catch (error) {
      wrong.push(`${state}: ${error.message}`);
    }
  };
  return { look, done: () => expect(wrong.join('\n')).toBe('') };
}

// Each of these is a page of its own and takes a worker of its own.
test.describe.configure({ mode: 'parallel' });

const row = (page, text) => page.locator('.msg').filter({ has: page.getByText(text, { exact: true }) });
const escape = async (page) => {
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
};

for (const [size, options] of Object.entries(SIZES)) {
  test(`pages without a sign-in can be used by everybody, on a ${size}`, async ({ browser, server, named }) => {
    const context = await browser.newContext({ baseURL: server.origin, ...options });
    const page = await context.newPage();
    const { look, done } = looker(page);
    const send = () => page.locator('form [type="submit"]').click();
    const states = [
      ['sign-in, empty', async () => page.goto('/signin')],
      ['sign-in, Caps Lock', async () => {
        await page.locator('#password').focus();
        await page.locator('#password').evaluate((node) => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'A', bubbles: true, modifierCapsLock: true })));
        await expect(page.getByText('Caps Lock is on.')).toBeVisible();
      }],
      ['sign-in, refused', async () => {
        await page.locator('#login').fill('nobody');
        await page.locator('#password').fill('not the right one at all');
        await send();
        await expect(page.getByRole('alert')).toBeVisible();
      }],
      ['sign-up, empty', async () => page.goto('/signup')],
      ['sign-up, mistakes', async () => {
        await page.locator('#username').fill('mi');
        await page.locator('#email').fill('mira@');
        await page.locator('#password').fill('cocoa');
        await send();
        await expect(page.locator('#username')).toHaveAttribute('aria-invalid', 'true');
      }],
      ['sign-up, sent', async () => {
        const name = named('ida');
        await page.locator('#username').fill(name);
        await page.locator('#email').fill(`${name}@example.org`);
        await page.locator('#password').fill(PASSWORD);
        await send();
        await expect(page.getByRole('heading', { name: 'One click to go' })).toBeVisible();
        states.mail = `${name}@example.org`;
      }],
      ['confirm', async () => page.goto(await server.mailedLink(states.mail))],
      ['confirmed', async () => {
        await page.getByRole('button', { name: 'Confirm this e-mail' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toContainText('Confirmed');
      }],
      ['a link that is used up', async () => {
        await page.goto('/signin');
        await page.goto(`/verify#token=${'A'.repeat(43)}`);
        await page.getByRole('button', { name: 'Confirm this e-mail' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toHaveText('This link does not work any more');
      }],
      ['reference', async () => {
        await page.goto('/docs');
        await expect(page.locator('main h2').first()).toBeVisible();
      }],
      ['not here', async () => {
        expect((await page.goto('/nowhere')).status()).toBe(404);
        await expect(page.getByRole('heading', { level: 1, name: 'This page is not here' })).toBeVisible();
      }],
    ];
    for (const [state, reach] of states) {
      await test.step(state, async () => {
        await reach();
        await look(state);
      });
    }
    done();
    await context.close();
  });

  test(`every state of the chat can be used by everybody, on a ${size}`, async ({ people, named }) => {
    // Sixty looks; one takes a second or two where the machine compiles meanwhile.
    test.setTimeout(400_000);
    const zoe = await people('zoe');
    const mira = await people('mira', { network: true, ...options });
    const { page } = mira;
    const { look, done } = looker(page);
    const title = named('harbour');
    let room = '';
    const toThread = async () => {
      await page.goto(room);
      await expect(page.locator('#write')).toBeVisible();
    };
    const menuOf = async (text) => {
      // A long press, on a desktop as on a touch screen.
      await row(page, text).locator('.bubble').evaluate((node) => {
        const { left, top } = node.getBoundingClientRect();
        node.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true, cancelable: true, pointerType: 'touch', isPrimary: true, pointerId: 7, clientX: left + 10, clientY: top + 10 }));
      });
      await expect(page.getByRole('menu')).toBeVisible();
    };
    const states = [
      ['no conversation', async () => expect(page.getByRole('button', { name: 'Start a conversation' })).toBeVisible()],
      ['new conversation', async () => {
        await page.getByRole('button', { name: 'New conversation' }).click();
        await page.getByRole('button', { name: 'Start the conversation' }).click();
        await expect(page.locator('#with-err')).toBeVisible();
      }],
      ['account', async () => {
        await escape(page);
        await page.getByRole('button', { name: 'You' }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
      }],
      ['a conversation without a message', async () => {
        await escape(page);
        await mira.startTitled('A public room', title);
        room = page.url().replace('/details', '');
        await toThread();
      }],
      ['public rooms', async () => {
        await page.goto('/');
        await page.getByRole('button', { name: 'Public rooms' }).click();
        await expect(page.getByRole('button', { name: `Open ${title}` })).toBeVisible();
        await escape(page);
        await zoe.page.getByRole('button', { name: 'Public rooms' }).click();
        await zoe.page.getByRole('button', { name: `Join ${title}` }).click();
        await zoe.write('Low tide is at noon');
        await zoe.sees('Low tide is at noon');
      }],
      ['list with something unread', async () => expect(page.getByRole('link', { name: title }).locator('.unread')).toBeVisible()],
      ['search with a result', async () => page.getByRole('searchbox', { name: 'Find a chat' }).fill(title.slice(0, 5))],
      ['search without one', async () => page.getByRole('searchbox', { name: 'Find a chat' }).fill('zzzz')],
      ['conversation', async () => {
        await toThread();
        await mira.write('Boots or shoes?');
        await mira.sees('Boots or shoes?');
        await zoe.sees('Boots or shoes?');
      }],
      ['menu of a message', async () => menuOf('Boots or shoes?')],
      ['editing', async () => {
        await page.getByRole('menuitem', { name: /^Edit/ }).click();
        await expect(page.locator('.composer__reply')).toBeVisible();
      }],
      ['replying', async () => {
        await page.locator('#write').press('Escape');
        await menuOf('Low tide is at noon');
        await page.getByRole('menuitem', { name: /^Reply/ }).click();
        await expect(page.locator('.composer__reply')).toContainText('Replying');
      }],
      ['emoji', async () => {
        await page.locator('#write').press('Escape');
        await page.getByRole('button', { name: /emoji/i }).first().click();
        await expect(page.getByRole('dialog')).toBeVisible();
      }],
      ['deleted with a way back', async () => {
        await escape(page);
        await row(page, 'Boots or shoes?').focus();
        await page.keyboard.press('Delete');
        await expect(page.locator('.toast')).toBeVisible();
      }],
      ['members', async () => {
        await page.locator('.toast').getByRole('button', { name: 'Undo' }).click();
        await page.goto(`${room}/details`);
        await expect(page.locator('#details .member').filter({ hasText: `@${zoe.name}` })).toBeVisible();
      }],
      ['menu of a member', async () => {
        await page.locator('#details .member').filter({ hasText: `@${zoe.name}` }).getByRole('button', { name: 'Steps for' }).click();
        await expect(page.getByRole('menu')).toBeVisible();
      }],
      ...['Mute', 'Ban'].map((name) => [`${name}: what will happen`, async () => {
        if (!(await page.getByRole('menu').isVisible())) await page.locator('#details .member').filter({ hasText: `@${zoe.name}` }).getByRole('button', { name: 'Steps for' }).click();
        await page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        await look(`${name}, open`);
        await escape(page);
      }]),
      ['profile card', async () => {
        await page.locator('#details .member').filter({ hasText: `@${zoe.name}` }).getByRole('button', { name: 'Steps for' }).click();
        await page.getByRole('menuitem', { name: 'Profile' }).click();
        await expect(page.getByRole('dialog')).toContainText('Here since');
        await look('profile card, open');
        await escape(page);
      }],
      ['slow mode', async () => {
        await page.locator('#details').getByRole('button', { name: 'Slow mode' }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
      }],
      ['keys', async () => {
        await escape(page);
        await toThread();
        await page.locator('.msg').first().focus();
        await page.keyboard.press('?');
        await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible();
      }],
      ['offline, with something that waits', async () => {
        await escape(page);
        await mira.context.setOffline(true);
        await expect(page.locator('#banner')).toContainText('You are offline.');
        await mira.write('From the tunnel');
        await expect(page.locator('.msg.is-sending')).toBeVisible();
      }],
      ['back online', async () => {
        await mira.context.setOffline(false);
        await expect(page.locator('#banner')).toContainText('Back online.');
      }],
      ['a long conversation, read further up', async () => {
        await zoe.sayAll(Array.from({ length: 120 }, (_, at) => `Wave ${at + 1}`));
        await mira.sees('Wave 120');
        await page.locator('.thread__scroll').evaluate((scroller) => {
          scroller.scrollTop = -1200;
        });
        await expect(page.getByRole('button', { name: 'To the newest' })).toBeVisible();
      }],
      ['list and conversation on their way', async () => {
        const held = new Promise((resolve) => {
          states.release = resolve;
        });
        await page.route('**/api/v1/**conversations**', async (route) => {
          await held;
          await route.continue();
        });
        await page.goto('about:blank');
        await page.goto(room);
        await expect(page.locator(size === 'phone' ? '.thread .skeleton' : '.list .skeleton').first()).toBeVisible();
        await expect(page.locator('.thread .skeleton').first()).toBeVisible();
      }],
      ['list and conversation late', async () => {
        await expect(page.getByText('This takes longer than usual.').filter({ visible: true }).first()).toBeVisible();
      }],
      ['list and conversation there', async () => {
        states.release();
        await mira.sees('Wave 120');
        await page.unrouteAll({ behavior: 'ignoreErrors' });
      }],
      ['a message that failed', async () => {
        await page.routeWebSocket(/\/v1\/ws$/, (socket) => {
          const upstream = socket.connectToServer();
          socket.onMessage((message) => {
            const frame = JSON.parse(String(message));
            if (frame.d?.body !== 'Refuse me') upstream.send(message);
            else socket.send(JSON.stringify({ id: frame.id, error: { code: 'forbidden', message: 'You may not write here.', retry: false } }));
          });
        });
        await page.reload();
        await mira.write('Refuse me');
        await expect(page.locator('.msg.is-failed')).toContainText('Not sent.');
      }],
      ['no such conversation', async () => {
        await page.goto('/#room/00000000-0000-7000-8000-000000000000');
        await expect(page.getByRole('heading', { level: 1, name: 'This conversation is not here' })).toBeVisible();
      }],
    ];
    for (const [state, reach] of states) {
      await test.step(state, async () => {
        await reach();
        await look(state);
      });
    }
    done();
  });
}

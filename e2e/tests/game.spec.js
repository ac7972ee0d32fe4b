// A whole live quiz in real browsers: one host, one screen, three phones, one of which reloads in the middle of a question.

import { client } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const choice = (text, correct = false) => ({ text, correct });
const QUIZ = {
  title: 'Harbour night', topic: 'Sea', difficulty: 'beginner', language: 'en',
  questions: [
    { stem: 'Which body pulls the tides most?', type: 'single_choice', limit_ms: 60_000, points: 1000, explanation: 'It is the closest.', notes: 'Ask who has seen a spring tide.', options: [choice('The Sun'), choice('The Moon', true), choice('Jupiter'), choice('Saturn')] },
    { stem: 'Pick every knot that forms a loop.', type: 'multiple_choice', limit_ms: 60_000, points: 1000, options: [choice('Bowline', true), choice('Figure-eight loop', true), choice('Sheet bend')] },
    { stem: 'Name the unit of ship speed.', type: 'short_text', limit_ms: 60_000, points: 1000, accepted: [{ text: 'knot' }, { text: 'knots' }] },
  ],
};
test.use({ actionTimeout: 15_000 });

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** A picture for whoever wants to look. */
const shot = async (page, name) => process.env.SHOTS && page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });

test('a whole game: a host, a screen, three phones; one reloads in the middle, nobody learns a key early', async ({ people, browser, server, named }) => {
  test.setTimeout(240_000);
  const mira = await people('mira', { network: true });
  const { page } = mira;
  const api = await client(server, mira.context.request);
  const { id } = await api.post('quizzes', { ...QUIZ, title: process.env.SHOTS ? QUIZ.title : named('Harbour') }, crypto.randomUUID());
  await api.post('conversations', { kind: 'group', title: 'Crew' }, crypto.randomUUID());
  await page.goto(`/quizzes/${id}/edit`);
  await page.getByRole('button', { name: 'Play live' }).click();
  const dialog = page.getByRole('dialog', { name: 'Play live' });
  await dialog.getByLabel('Tell a conversation').selectOption('Crew');
  await dialog.getByText('More settings').click();
  await expectAccessible(page);
  await shot(page, 'launch');
  await dialog.getByLabel('Teams').fill('Only one');
  await dialog.getByRole('button', { name: 'Open the lobby' }).click();
  await expect(dialog.getByRole('alert')).not.toBeEmpty();
  await dialog.getByLabel('Teams').fill('');
  await dialog.getByRole('button', { name: 'Open the lobby' }).click();
  await expect(page).toHaveURL(/\/live\/[^/]+\/host$/);
  const room = page.url().split('/')[4];
  const big = page.locator('#primary button');
  await expect(big).toContainText('Start');
  const { pin } = await api.get(`live/${room}`);
  await expectAccessible(page);
  await shot(page, 'host-lobby');

  // Somebody else hosts, too.
  const zoe = await people('zoe');
  await page.getByRole('button', { name: 'Share hosting' }).click();
  const sharing = page.getByRole('dialog', { name: 'Share hosting' });
  await sharing.getByLabel('Their user name').fill('nobody-at-all');
  await sharing.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(sharing.getByRole('alert')).not.toBeEmpty();
  await expectAccessible(page);
  await sharing.getByLabel('Their user name').fill(zoe.name);
  await sharing.getByRole('button', { name: 'Share', exact: true }).click();
  await expect(sharing).toBeHidden();
  await zoe.page.goto(`/live/${room}/host`);
  await expect(zoe.page.locator('#primary button')).toContainText('Start');
  await expect(zoe.page.getByRole('button', { name: 'Share hosting' })).toHaveCount(0);

  const screen = await mira.newPage();
  await screen.setViewportSize({ width: 1600, height: 900 });
  await screen.goto(`/live/${room}/screen`);
  await expect(screen.getByRole('img', { name: /QR/ })).toBeVisible();
  await expect(screen.locator('.lobby__pin')).toContainText(`${pin.slice(0, 3)} ${pin.slice(3)}`);
  await expectAccessible(screen);

  const phones = [];
  for (const name of ['Ana', 'Bo', 'Cy']) {
    const context = await browser.newContext({ baseURL: server.origin, ...PHONE });
    const phone = await context.newPage();
    await phone.goto('/join');
    if (name === 'Ana') {
      await expectAccessible(phone);
      await expectFits(phone);
      await shot(phone, 'join');
    }
    await phone.getByLabel(/PIN/).fill(pin);
    await phone.getByRole('button', { name: 'Next' }).click();
    await expect(phone).toHaveURL(new RegExp(`/live/${room}$`));
    await phone.getByLabel('Your name').fill(name === 'Bo' ? 'Ana' : name);
    if (name === 'Ana') {
      await expectAccessible(phone);
      await shot(phone, 'name');
    }
    await phone.getByRole('button', { name: /in/i }).last().click();
    if (name === 'Bo') {
      // The name is Ana's: a free one is offered.
      await expect(phone.locator('#name-error')).toContainText('Ana 2');
      await phone.getByLabel('Your name').fill('Bo');
      await phone.getByRole('button', { name: /in/i }).last().click();
    }
    await expect(phone.getByRole('heading', { level: 1 })).toContainText(name);
    phones.push(phone);
  }
  const [ana, bo, cy] = phones;
  await expect(screen.locator('#names')).toContainText('Cy');
  await expect(screen.locator('#players')).toContainText('3');
  await shot(screen, 'screen-lobby');
  await shot(ana, 'phone-lobby');
  await expectAccessible(ana);
  await expectFits(ana);

  await big.click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Which body', { timeout: 15_000 });
  await expect(ana.getByRole('radio')).toHaveCount(4, { timeout: 15_000 });
  await expect(page.locator('.notes')).toContainText('spring tide');
  await expectAccessible(ana);
  await expectFits(ana);
  await shot(ana, 'phone-open');
  await ana.getByRole('radio', { name: /The Moon/ }).click();
  await expect(ana.locator('.lock-note')).toContainText('Locked in');
  await shot(ana, 'phone-locked-in');
  // Bo's phone reloads in the middle of the question and is the same player again.
  await bo.reload();
  await expect(bo.getByRole('radio')).toHaveCount(4);
  await bo.keyboard.press('a');
  await expect(bo.locator('.lock-note')).toContainText('Locked in');
  await bo.reload();
  await expect(bo.locator('.lock-note')).toContainText('Locked in');
  await expect(page.locator('#stats')).toContainText('2');
  await expectAccessible(page);
  await shot(page, 'host-open');
  await shot(screen, 'screen-open');
  await expectAccessible(screen);
  for (const seen of [ana, screen]) await expect(seen.getByText('It is the closest.')).toHaveCount(0);
  await cy.getByRole('radio', { name: /The Moon/ }).click();
  // All have answered: it closes by itself, and by the usual settings the votes and the answer follow.
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Correct', { timeout: 15_000 });
  await expect(bo.getByRole('heading', { level: 1 })).toContainText('Not this time');
  await expect(screen.getByText('It is the closest.')).toBeVisible();
  for (const seen of [ana, bo, screen, page]) await expectAccessible(seen);
  await expectFits(ana);
  await shot(ana, 'phone-correct');
  await shot(bo, 'phone-wrong');
  await shot(screen, 'screen-solution');
  await shot(page, 'host-solution');

  await big.click();
  await expect(screen.getByRole('table')).toContainText('Ana');
  await expect(bo.getByRole('table').first()).toContainText('Bo');
  for (const seen of [ana, screen, page]) await expectAccessible(seen);
  await shot(screen, 'screen-board');
  await shot(ana, 'phone-board');

  await page.keyboard.press('ArrowRight');
  await expect(ana.getByRole('checkbox')).toHaveCount(3, { timeout: 15_000 });
  await page.getByRole('button', { name: /Pause/ }).click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Paused');
  await expect(ana.getByRole('checkbox')).toHaveCount(0);
  await expectAccessible(ana);
  await shot(ana, 'phone-paused');
  await big.click();
  await expect(ana.getByRole('checkbox')).toHaveCount(3);
  await ana.getByRole('checkbox', { name: /Bowline/ }).click();
  await ana.getByRole('checkbox', { name: /Figure-eight loop/ }).click();
  await shot(ana, 'phone-some');
  await ana.getByRole('button', { name: /2/ }).click();
  await expect(ana.locator('.lock-note')).toContainText('Locked in');
  await expectAccessible(ana);
  await big.click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Correct', { timeout: 15_000 });
  await expect(cy.getByRole('heading', { level: 1 })).toContainText('No answer');
  await big.click();
  await expect(screen.getByRole('table')).toBeVisible();
  await big.click();

  await expect(ana.getByRole('textbox')).toBeVisible({ timeout: 15_000 });
  await expectAccessible(ana);
  for (const [phone, text] of [[ana, 'Knots'], [bo, 'mile'], [cy, 'knot']]) {
    await phone.getByRole('textbox').fill(text);
    await phone.getByRole('textbox').press('Enter');
  }
  await expect(cy.getByRole('heading', { level: 1 })).toContainText('Correct', { timeout: 15_000 });
  await expectAccessible(screen);
  await big.click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('1');
  await expect(screen.getByText('Ana').first()).toBeVisible();
  for (const seen of [ana, bo, screen, page]) await expectAccessible(seen);
  await expectFits(ana);
  await shot(screen, 'screen-podium');
  await shot(ana, 'phone-podium');
  await shot(page, 'host-podium');
  await big.click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('over');
  await expectAccessible(ana);
  await expectAccessible(page);

  // Each finds the own result, and comes back to it.
  await ana.getByRole('link', { name: 'See every answer' }).click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Ana');
  await expect(ana.getByRole('listitem').filter({ hasText: 'Which body' })).toContainText('Correct');
  await expectAccessible(ana);
  await expectFits(ana);
  await shot(ana, 'phone-result');
  await bo.goto(`/live/${room}/result`);
  await expect(bo.getByRole('listitem').filter({ hasText: 'Which body' })).toContainText('The Moon');
  const stranger = await (await browser.newContext({ baseURL: server.origin, ...PHONE })).newPage();
  await stranger.goto(`/live/${room}/result`);
  await expect(stranger).toHaveURL(/signin/);
  await stranger.context().close();

  // Once more with the same people: who has played is led there and keeps the name.
  const report = page.getByRole('link', { name: 'Report' });
  await report.waitFor();
  await page.getByRole('button', { name: 'Play again with the same people' }).click();
  await expect(page).not.toHaveURL(new RegExp(room));
  await expect(big).toContainText('Start');
  await ana.goBack();
  await ana.getByRole('button', { name: 'Play again' }).click();
  await expect(ana.getByLabel('Your name')).toHaveValue('Ana');
  await ana.getByRole('button', { name: /in/i }).last().click();
  await expect(ana.getByRole('heading', { level: 1 })).toContainText('Ana');
  await expect(page.locator('#stats')).toContainText('1');

  // The conversation has the card of both games, and the result of the first.
  await page.goto('/');
  await mira.openConversation('Crew');
  const result = page.getByRole('article', { name: /Result: / });
  await expect(result).toContainText('Ana');
  await expect(result.getByRole('link')).toHaveAttribute('href', `/live/${room}/result`);
  await expect(page.getByRole('article', { name: /Live quiz: / })).toHaveCount(2);
  await expectAccessible(page);
  await shot(page, 'conversation');
  await page.getByRole('link', { name: 'Join the game' }).last().click();
  await expect(page).toHaveURL(/\/live\//);

  // Among the own games the one that is over leads to its report, the one that runs to its desk.
  await page.goto('/quizzes');
  await page.getByRole('link', { name: 'My live games' }).click();
  const games = page.getByRole('listitem').filter({ hasText: 'Harbour' });
  await expect(games).toHaveCount(2);
  await expect(games.first().getByRole('link')).toHaveAttribute('href', /\/host$/);
  await expect(games.last()).toContainText('3 players');
  await expectAccessible(page);
  await expectFits(page);
  await shot(page, 'my-games');
  await games.last().getByRole('link').click();
  await expect(page.getByRole('row', { name: /Ana/ })).toContainText('3 of 3');
  await expect(page.getByRole('heading', { level: 3 })).toHaveCount(3);
  await page.getByText('Its answers').first().click();
  await expectAccessible(page);
  await expectFits(page);
  await shot(page, 'report');
  await page.setViewportSize(PHONE.viewport);
  await expectFits(page);
  await shot(page, 'report-phone');
  for (const phone of phones) await phone.context().close();
});

test('who has no PIN is told so; a link needs none', async ({ people, browser, server }) => {
  const mira = await people('mira');
  const api = await client(server, mira.context.request);
  const { id } = await api.post('quizzes', QUIZ, crypto.randomUUID());
  const { link } = await api.post('live', { quiz: id }, crypto.randomUUID());
  const context = await browser.newContext({ baseURL: server.origin, ...PHONE });
  const phone = await context.newPage();
  await phone.goto('/join');
  await phone.getByLabel(/PIN/).fill('12');
  await phone.keyboard.press('Enter');
  await expect(phone.locator('#pin-error')).toBeVisible();
  await expectAccessible(phone);
  await phone.getByLabel(/PIN/).fill('000 000');
  await phone.keyboard.press('Enter');
  await expect(phone.locator('#pin-error')).toContainText('no');
  await phone.goto(new URL(link).pathname + new URL(link).hash);
  await expect(phone.getByLabel('Your name')).toBeVisible();
  await context.close();
});

// The first person on an empty server, and those who come after.

import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const LOBBY = { ALLTHRIVE__SERVER__FIRST_ROOM: 'Lobby' };
const card = ({ page }) => page.getByRole('region', { name: 'You are the first one here' });

test('the first person is shown what to do next until it is done, and nobody else is', async ({ people, start }) => {
  const server = await start('sqlite', LOBBY);
  const mira = await people('mira', { server });
  await mira.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await expect(card(mira)).toBeVisible();
  await expect(mira.page.getByRole('link', { name: 'Lobby', exact: false }).first()).toBeVisible();
  await expectAccessible(mira.page);
  await expectFits(mira.page);
  await card(mira).getByRole('button', { name: 'Copy the sign-up link' }).click();
  await expect(mira.page.locator('#announce')).toHaveText('The sign-up link is copied.');
  expect(await mira.page.evaluate(() => navigator.clipboard.readText())).toBe(`${server.origin}/signup`);
  await card(mira).getByRole('link', { name: 'Open Lobby' }).click();
  await expect(mira.page.locator('#thread-title')).toHaveText('Lobby');
  await expect(card(mira)).toBeVisible();
  await expectAccessible(mira.page);
  await mira.page.setViewportSize({ width: 390, height: 844 });
  await expectFits(mira.page);
  await mira.page.getByRole('link', { name: 'Back to chats' }).click();
  await expect(card(mira)).toBeVisible();
  await expectAccessible(mira.page);
  await expectFits(mira.page);
  await card(mira).getByRole('link', { name: 'Open Lobby' }).click();
  await mira.write('Is anybody here?');
  await mira.sees('Is anybody here?');
  await expect(card(mira)).toHaveCount(0);
  await mira.page.reload();
  await mira.sees('Is anybody here?');
  await expect(card(mira)).toHaveCount(0);

  const zoe = await people('zoe', { server });
  await expect(zoe.page.getByText('Nobody here yet.')).toBeVisible();
  await expect(card(zoe)).toHaveCount(0);
});

test('the first steps are put away for good, with the focus where it goes on', async ({ people, start }) => {
  const mira = await people('mira', { server: await start('sqlite', LOBBY) });
  await card(mira).getByRole('button', { name: 'Put this away' }).click();
  await expect(card(mira)).toHaveCount(0);
  await expect(mira.page.locator('#list-title')).toBeFocused();
  await expect(mira.page.getByRole('heading', { name: 'Pick up where you left off' })).toBeVisible();
  await mira.page.reload();
  await expect(mira.page.getByRole('link', { name: 'Lobby' })).toBeVisible();
  await expect(card(mira)).toHaveCount(0);
});

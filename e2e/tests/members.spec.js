// Who is in a conversation and what its moderators do: roles, mutes, slow mode, removing, banning, leaving.

import { bubbles } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const panel = ({ page }) => page.locator('#details');
const member = (person, other) => panel(person).getByRole('list', { name: /members?$/ }).getByRole('listitem').filter({ hasText: `@${other.name}` });

/** A group of these people; the first owns it and has its details open. */
async function groupOf(title, owner, ...others) {
  await owner.startTitled('A group', title);
  for (const other of others) {
    await panel(owner).getByRole('button', { name: 'Add people' }).click();
    await owner.page.getByLabel('Their user name').fill(other.name);
    await owner.page.getByRole('button', { name: 'Add to the group' }).click();
    await expect(member(owner, other)).toBeVisible();
    await other.openConversation(title);
  }
}

/** Opens the steps for a member and chooses one. */
async function step(person, other, name) {
  await member(person, other).getByRole('button', { name: 'Steps for' }).click();
  await person.page.getByRole('menuitem', { name: new RegExp(`^${name}`) }).click();
}

async function openDetails(person) {
  await person.page.getByRole('link', { name: 'Details' }).click();
  await expect(person.page.locator('#details-title')).toBeFocused();
}

test('the owner gives a role, a moderator mutes and removes, and everybody sees it as it happens', async ({ people }) => {
  const [mira, zoe, bo] = [await people('mira'), await people('zoe'), await people('bo')];
  await groupOf('Thursday crew', mira, zoe, bo);
  for (const other of [zoe, bo]) await expect(member(mira, other)).toContainText('here now');
  await expect(panel(mira)).toContainText('3 here');
  await openDetails(zoe);
  await openDetails(bo);
  await expectAccessible(bo.page);

  // What bo may not do stays in the menu, with the reason, and does nothing.
  await member(bo, zoe).getByRole('button', { name: 'Steps for' }).click();
  const forbidden = bo.page.getByRole('menuitem', { name: 'Remove from the group' });
  await expect(forbidden).toHaveAttribute('aria-disabled', 'true');
  await expect(forbidden).toContainText('Only moderators do this.');
  await expectAccessible(bo.page);
  await forbidden.click({ force: true });
  await expect(bo.page.getByRole('dialog')).toHaveCount(0);
  await bo.page.keyboard.press('Escape');
  await expect(bo.page.getByRole('menu')).toHaveCount(0);
  await expect(member(bo, zoe).getByRole('button', { name: 'Steps for' })).toBeFocused();
  await expect(panel(bo)).toBeVisible();
  await expect(panel(bo).getByRole('button', { name: 'Add people' })).toHaveAttribute('aria-disabled', 'true');
  await expect(panel(bo).getByRole('button', { name: 'Slow mode' })).toHaveAttribute('aria-disabled', 'true');

  await step(mira, zoe, 'Make a moderator');
  await expect(mira.page.getByRole('dialog')).toContainText('You can take it back.');
  await expectAccessible(mira.page);
  await mira.page.getByRole('button', { name: `Make ${zoe.name} a moderator` }).click();
  for (const person of [mira, bo]) await expect(member(person, zoe)).toContainText('Moderator');
  await expect(mira.page.locator('#announce')).toHaveText(`${zoe.name} is a moderator now.`);
  await expect(member(mira, zoe).getByRole('button', { name: 'Steps for' })).toBeFocused();

  // A moderator cannot touch the owner, but members.
  await member(zoe, mira).getByRole('button', { name: 'Steps for' }).click();
  await expect(zoe.page.getByRole('menuitem', { name: 'Ban' })).toContainText('Nobody can do this to the owner.');
  await zoe.page.keyboard.press('Escape');
  await step(zoe, bo, 'Mute');
  await zoe.page.getByRole('radio', { name: '1 hour' }).check();
  await zoe.page.getByLabel('Reason').fill('Counting to a hundred');
  await expectAccessible(zoe.page);
  await zoe.page.getByRole('button', { name: `Mute ${bo.name}` }).click();
  await expect(panel(bo)).toContainText('You are muted until');
  await expect(panel(bo)).toContainText('Counting to a hundred');
  for (const person of [mira, zoe]) await expect(member(person, bo)).toContainText('muted until');
  await expect(panel(mira)).not.toContainText('Counting to a hundred');
  await expectAccessible(bo.page);
  await bo.page.reload();
  await expect(panel(bo)).toContainText('You are muted until');
  await step(mira, bo, 'Unmute');
  await mira.page.getByRole('button', { name: `Unmute ${bo.name}` }).click();
  await expect(panel(bo)).not.toContainText('You are muted');
  await expect(member(zoe, bo)).not.toContainText('muted');
  await bo.write('Ninety-nine');
  await mira.sees('Ninety-nine');

  // Whoever thinks better of it changes nothing.
  await step(zoe, bo, 'Remove from the group');
  const question = zoe.page.getByRole('dialog', { name: `Remove ${bo.name} from Thursday crew?` });
  await expect(question).toContainText('is out at once, on every device');
  await expect(question.getByLabel('Reason')).toBeFocused();
  await expectAccessible(zoe.page);
  await question.getByRole('button', { name: `Keep ${bo.name}` }).click();
  await expect(question).toHaveCount(0);
  await expect(member(mira, bo)).toBeVisible();
  await step(zoe, bo, 'Remove from the group');
  await question.getByLabel('Reason').fill('Enough counting');
  await question.getByRole('button', { name: `Remove ${bo.name}` }).click();
  for (const person of [mira, zoe]) await expect(member(person, bo)).toHaveCount(0);
  await expect(panel(mira)).toContainText('2 members');

  // Where bo was reading, the page says what happened and why; the list has it no more.
  await expect(bo.page.getByRole('heading', { level: 1, name: 'You were removed from Thursday crew' })).toBeVisible();
  await expect(bo.page.getByRole('main')).toContainText('Reason: “Enough counting”');
  await expect(panel(bo)).toBeHidden();
  await expect(bo.page.getByRole('link', { name: 'Thursday crew' })).toHaveCount(0);
  await expectAccessible(bo.page);
  await expectFits(bo.page);
  await bo.page.getByRole('link', { name: 'Go to your chats' }).click();
  await expect(bo.page.getByRole('heading', { level: 1, name: 'Chats' })).toBeVisible();
});

test('a ban holds until it is lifted, also by a page that was opened after it', async ({ people, named }) => {
  const [mira, bo] = [await people('mira'), await people('bo')];
  const title = named('harbour-walks');
  await mira.startTitled('A public room', title);
  await bo.page.getByRole('button', { name: 'Public rooms' }).click();
  await bo.page.getByRole('button', { name: `Join ${title}` }).click();
  await bo.write('Buy boats');
  await mira.sees('Buy boats');
  await openDetails(mira);
  await step(mira, bo, 'Ban');
  await mira.page.getByLabel('Reason').fill('Advertising');
  await mira.page.getByRole('button', { name: `Ban ${bo.name}` }).click();
  await expect(bo.page.getByRole('heading', { level: 1, name: `You were banned from ${title}` })).toBeVisible();
  await expect(bo.page.getByRole('main')).toContainText('Advertising');
  await expect(panel(mira).getByRole('button', { name: `Let back in ${bo.name}` })).toBeVisible();
  await expectAccessible(mira.page);

  await mira.page.reload();
  await expect(panel(mira)).toContainText('1 member');
  await panel(mira).getByRole('button', { name: 'Show who is banned' }).click();
  const lift = panel(mira).getByRole('button', { name: `Let back in ${bo.name}` });
  await expect(lift).toBeVisible();
  await expectAccessible(mira.page);
  await lift.click();
  await mira.page.getByRole('dialog').getByRole('button', { name: 'Let back in' }).click();
  await expect(panel(mira)).toContainText('Nobody is banned or muted.');
  await bo.page.getByRole('button', { name: 'Public rooms' }).click();
  await bo.page.getByRole('button', { name: `Join ${title}` }).click();
  await bo.sees('Buy boats');
  await expect(member(mira, bo)).toBeVisible();

  // A mute stands there, too, and is ended from there.
  await step(mira, bo, 'Mute');
  await mira.page.getByRole('button', { name: `Mute ${bo.name}` }).click();
  await expect(member(mira, bo)).toContainText('muted until');
  await mira.page.reload();
  await panel(mira).getByRole('button', { name: 'Show who is banned' }).click();
  await expect(member(mira, bo)).toContainText('muted until');
  await panel(mira).getByRole('button', { name: `Unmute ${bo.name}` }).click();
  await mira.page.getByRole('dialog').getByRole('button', { name: `Unmute ${bo.name}` }).click();
  await expect(panel(mira)).toContainText('Nobody is banned or muted.');
  await expect(member(mira, bo)).not.toContainText('muted');
});

test('a mute that ends while the details are open vanishes by itself, for who gave it and for whom it held', async ({ people }) => {
  const [mira, bo] = [await people('mira'), await people('bo')];
  // Their clocks are ours from the next page on.
  for (const { page } of [mira, bo]) await page.clock.install();
  for (const { page } of [mira, bo]) await page.reload();
  await groupOf('Quiet hour', mira, bo);
  await openDetails(bo);
  await step(mira, bo, 'Mute');
  await mira.page.getByRole('button', { name: `Mute ${bo.name}` }).click();
  await expect(member(mira, bo)).toContainText('muted until');
  await expect(panel(bo)).toContainText('You are muted until');
  for (const { page } of [mira, bo]) await page.clock.fastForward('25:00:00');
  await expect(member(mira, bo)).not.toContainText('muted');
  await expect(panel(bo)).not.toContainText('You are muted');
});

test('whoever owns a group hands it over before leaving it', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await groupOf('Night watch', mira, zoe);
  await openDetails(zoe);
  const leave = panel(mira).getByRole('button', { name: 'Leave the group' });
  await expect(leave).toHaveAttribute('aria-disabled', 'true');
  await expect(leave).toContainText('Hand over the ownership first.');
  await step(mira, zoe, 'Hand over the ownership');
  await expectAccessible(mira.page);
  await mira.page.getByRole('button', { name: `Hand over to ${zoe.name}` }).click();
  await expect(member(mira, zoe)).toContainText('Owner');
  await expect(panel(zoe).getByRole('listitem').filter({ hasText: 'You' })).toContainText('Owner');
  await expect(leave).not.toHaveAttribute('aria-disabled');
  await leave.click();
  await expect(mira.page.getByRole('dialog')).toContainText('a moderator has to add you');
  await mira.page.getByRole('dialog').getByRole('button', { name: 'Leave the group' }).click();
  await expect(mira.page.getByRole('heading', { level: 1, name: 'Chats' })).toBeFocused();
  await expect(mira.page.locator('#announce')).toHaveText('You left Night watch.');
  await expect(mira.page.getByRole('link', { name: 'Night watch' })).toHaveCount(0);
  await expect(panel(zoe)).toContainText('1 member');
  await expect(panel(zoe).getByRole('button', { name: 'Leave the group' })).not.toHaveAttribute('aria-disabled');
});

test('on a phone and by keyboard alone: slow mode is set, a card is read, and its button opens a conversation', async ({ people }) => {
  const zoe = await people('zoe');
  const mira = await people('mira', PHONE);
  const { page } = mira;
  await groupOf('Crew', mira, zoe);
  await page.locator('#details-title').focus();
  await expectAccessible(page);
  await expectFits(page);
  const slow = panel(mira).getByRole('button', { name: 'Slow mode' });
  await slow.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByLabel('Pause between two messages')).toBeFocused();
  await expectAccessible(page);
  await expectFits(page);
  await page.getByLabel('Pause between two messages').selectOption('30 seconds');
  await page.getByRole('button', { name: 'Set slow mode' }).focus();
  await page.keyboard.press('Enter');
  await expect(slow).toContainText('30 seconds');
  await expect(slow).toBeFocused();
  await openDetails(zoe);
  await expect(panel(zoe)).toContainText('30 seconds between two messages.');
  await zoe.page.reload();
  await expect(panel(zoe)).toContainText('30 seconds between two messages.');
  await expectAccessible(zoe.page);

  const steps = member(mira, zoe).getByRole('button', { name: 'Steps for' });
  await steps.focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem', { name: 'Profile' })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Ban' })).toBeFocused();
  await page.keyboard.press('Home');
  await expectAccessible(page);
  await expectFits(page);
  await page.keyboard.press('Enter');
  const card = page.getByRole('dialog', { name: 'Profile' });
  await expect(card).toContainText(`@${zoe.name}`);
  await expect(card).toContainText(/Here since \w+ 20\d\d/);
  await expect(card).toContainText('Here now');
  await expectAccessible(page);
  await expectFits(page);
  await page.keyboard.press('Escape');
  await expect(steps).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await card.getByRole('button', { name: 'Message' }).click();
  await expect(page.getByRole('heading', { level: 1, name: zoe.name })).toBeVisible();
  await mira.write('Just us two');
  await expect(bubbles(page, 'Just us two')).toHaveCount(1);
  await expect(zoe.page.getByRole('link', { name: mira.name })).toBeVisible();
});

test('without a connection nobody is said to be here, and a step says that nothing has changed', async ({ people }) => {
  const zoe = await people('zoe');
  const mira = await people('mira', { network: true });
  await groupOf('Lighthouse', mira, zoe);
  await expect(member(mira, zoe)).toContainText('here now');
  await mira.context.setOffline(true);
  await expect(mira.page.locator('#banner')).toContainText('You are offline.');
  await expect(member(mira, zoe)).not.toContainText('here now');
  await expect(panel(mira).locator('.dot:visible')).toHaveCount(0);
  await step(mira, zoe, 'Remove from the group');
  await mira.page.getByRole('button', { name: `Remove ${zoe.name}` }).click();
  await expect(mira.page.getByRole('dialog').getByRole('alert')).toHaveText('You are offline, so nothing has changed yet. Try again when you are back.');
  await expectAccessible(mira.page);
  await mira.context.setOffline(false);
  await expect(mira.page.locator('#banner')).toContainText('Back online.');
  await mira.page.getByRole('button', { name: `Remove ${zoe.name}` }).click();
  await expect(member(mira, zoe)).toHaveCount(0);
  await expect(zoe.page.getByRole('heading', { level: 1, name: 'You were removed from Lighthouse' })).toBeVisible();
});

test('members come in pages, and what was told of a crowd that is counted only is void', async ({ people }) => {
  const mira = await people('mira');
  await mira.startTitled('A group', 'Crowd');
  const { page } = mira;
  const one = (n) => ({ user: { id: `u_${String(n).padStart(8, '0')}-0000-7000-8000-000000000000`, username: `person-${n}`, name: `Person ${n}` }, role: 'member', read: 0 });
  await page.route('**/members?*', async (route) => {
    const from = Number(new URL(route.request().url()).searchParams.get('cursor') ?? 0);
    const items = Array.from({ length: from ? 10 : 50 }, (_, at) => one(from + at));
    await route.fulfill({ json: { items, next_cursor: from ? null : '50' } });
  });
  await page.reload();
  await expect(panel(mira).locator('.member')).toHaveCount(50);
  await panel(mira).getByRole('button', { name: 'Show more members' }).click();
  await expect(panel(mira).locator('.member')).toHaveCount(60);
  await expect(panel(mira).getByRole('button', { name: 'Show more members' })).toBeHidden();
  await expectAccessible(page);

  const told = await page.evaluate(async () => {
    const { Here } = await import('/js/here.js');
    const client = Object.assign(new EventTarget(), { welcomed: true });
    const here = new Here(client, 'u_me');
    const after = (d) => {
      client.dispatchEvent(new CustomEvent('event', { detail: { event: 'presence', room: 'r', d } }));
      const { online, count } = here.presence('r');
      return [online && [...online].sort(), count];
    };
    return [{ joined: ['u_a'], left: [], count: 4 }, { online: ['u_a', 'u_b'], count: 2 }, { joined: ['u_c'], left: ['u_a'], count: 2 }, { count: 4210 }, { online: ['u_z'], count: 1 }].map(after);
  });
  expect(told).toEqual([[null, 4], [['u_a', 'u_b'], 2], [['u_b', 'u_c'], 2], [null, 4210], [['u_z'], 1]]);
});

import { test, expect } from '../lib/test.js';
const dir = '/tmp/shots';
async function shots(page, name) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.screenshot({ path: `${dir}/${name}-${colorScheme}.png` });
  }
}
const panel = ({ page }) => page.locator('#details');
test('shots', async ({ people }) => {
  const [zoe, bo] = [await people('zoe'), await people('bo')];
  const mira = await people('mira', { viewport: { width: 1440, height: 900 } });
  await mira.startTitled('A group', 'Thursday crew');
  for (const other of [zoe, bo]) {
    await panel(mira).getByRole('button', { name: 'Add people' }).click();
    await mira.page.getByLabel('Their user name').fill(other.name);
    await mira.page.getByRole('button', { name: 'Add to the group' }).click();
    await expect(panel(mira)).toContainText(`@${other.name}`);
  }
  await bo.openConversation('Thursday crew');
  await bo.write('Are we on for Thursday?');
  await mira.sees('Are we on for Thursday?');
  await expect(panel(mira)).toContainText('3 here');
  await shots(mira.page, 'panel');
  await panel(mira).getByRole('listitem').filter({ hasText: `@${bo.name}` }).getByRole('button').click();
  await shots(mira.page, 'menu');
  await mira.page.getByRole('menuitem', { name: 'Mute' }).first().click();
  await shots(mira.page, 'mute');
  await mira.page.getByLabel('Reason').fill('Too many puns');
  await mira.page.getByRole('button', { name: `Mute ${bo.name}` }).click();
  await bo.page.setViewportSize({ width: 390, height: 844 });
  await bo.page.getByRole('link', { name: 'Details' }).click();
  await expect(panel(bo)).toContainText('You are muted');
  await shots(bo.page, 'phone-panel');
  await panel(bo).getByRole('listitem').filter({ hasText: `@${zoe.name}` }).getByRole('button').click();
  await shots(bo.page, 'phone-menu');
  await bo.page.getByRole('menuitem', { name: 'Profile' }).click();
  await shots(bo.page, 'phone-profile');
  await bo.page.keyboard.press('Escape');
  await panel(mira).getByRole('listitem').filter({ hasText: `@${bo.name}` }).getByRole('button').click();
  await mira.page.getByRole('menuitem', { name: 'Remove' }).click();
  await shots(mira.page, 'remove');
  await mira.page.getByLabel('Reason').fill('Too many puns');
  await mira.page.getByRole('button', { name: `Remove ${bo.name}` }).click();
  await expect(bo.page.locator('#thread-title')).toContainText('removed');
  await shots(bo.page, 'phone-parted');
});

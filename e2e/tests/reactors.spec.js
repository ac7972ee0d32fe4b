// Who has reacted to a message, told by the server.

import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

test('who reacted before the page was opened is listed by name, and named at the reaction from then on', async ({ people }) => {
  const [mira, zoe] = [await people('mira'), await people('zoe')];
  await mira.startDirect(zoe.name);
  await mira.write('Low tide at six');
  await zoe.openConversation(mira.name);
  await zoe.sees('Low tide at six');
  const message = (person) => person.page.locator('.msg[data-seq]').filter({ has: person.page.getByText('Low tide at six', { exact: true }) });
  await message(zoe).focus();
  await zoe.page.keyboard.press('Enter');
  await expect(zoe.page.getByRole('menuitem', { name: 'Who reacted' })).toHaveCount(0);
  await zoe.page.getByRole('menuitemcheckbox').first().click();
  const chip = message(mira).getByRole('list', { name: 'Reactions' }).getByRole('button').first();
  await expect(chip).toHaveAccessibleName(new RegExp(`1: ${zoe.name}$`));

  await mira.page.reload();
  await expect(chip).toHaveAccessibleName(/ 1$/);
  await message(mira).focus();
  await mira.page.keyboard.press('Enter');
  await mira.page.getByRole('menuitem', { name: 'Who reacted' }).click();
  const dialog = mira.page.getByRole('dialog', { name: 'Reactions' });
  await expect(dialog).toContainText(`@${zoe.name}`);
  await expectAccessible(mira.page);
  await expectFits(mira.page);
  await mira.page.keyboard.press('Escape');
  await expect(message(mira)).toBeFocused();
  await expect(chip).toHaveAccessibleName(new RegExp(`1: ${zoe.name}$`));
});

// What Lighthouse counts and no clock can change: accessibility and best practices, of a conversation and of the way in.

import { expect, test } from '../lib/test.js';
import { judge } from '../lib/lighthouse.js';
import { PASSWORD } from '../lib/person.js';

test('Lighthouse finds nothing against sign-in and a conversation', async ({ people, server }, info) => {
  const zoe = await people('zoe');
  const bo = await people('bo');
  await zoe.startDirect(bo.name);
  await zoe.write('The boats are out.');
  const judged = await judge(info.project.use, async (page) => {
    await page.goto(`${server.origin}/signin`);
    await page.getByLabel('User name or e-mail').fill(bo.name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('The boats are out.').click();
    await expect(page.getByRole('heading', { level: 1, name: zoe.name })).toBeVisible();
    return [`${server.origin}/signin`, page.url()];
  }, { categories: ['accessibility', 'best-practices'] });
  expect(judged).toHaveLength(2);
  for (const { address, scores, faults } of judged) {
    expect(scores.accessibility, `${address}\n${faults.join('\n')}`).toBe(100);
    expect(scores['best-practices'], `${address}\n${faults.join('\n')}`).toBeGreaterThanOrEqual(95);
  }
});

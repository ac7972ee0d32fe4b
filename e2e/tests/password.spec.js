// The password of a new account: what the page says of it, and that the server says nothing else.

import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const GUESSED = ['passwordpassword', 'qwertyuiop12', 'aaaaaaaaaaaaaa', 'abcabcabcabc', '123456789012', 'Passw0rd1234', 'zxcvbnm12345'];
const HARD = ['kelp harbour seven lanterns', 'tEa7 wind9 Lmp#2q', 'vier kleine gläser grün'];

test('what the page calls easy to guess the server refuses, and what it calls good the server takes', async ({ page, server, named }) => {
  await page.goto(`${server.origin}/signup`);
  const judged = await page.evaluate(async ({ passwords, name }) => {
    const { strengthOf } = await import('/js/strength.js');
    const { signUp } = await import('/js/session.js');
    const all = [];
    for (const [at, password] of passwords.entries()) {
      const refused = await signUp({ username: `${name}-${at}`, email: `${name}-${at}@example.org`, password }).then(() => '', (error) => error.errors[0].code);
      all.push({ password, strength: strengthOf(password, []), refused });
    }
    return all;
  }, { passwords: [...GUESSED, ...HARD], name: named('pw') });
  for (const { password, strength, refused } of judged) {
    if (GUESSED.includes(password)) expect({ password, strength, refused }).toEqual({ password, strength: 1, refused: 'too_weak' });
    else expect({ password, isGood: strength >= 3, refused }).toEqual({ password, isGood: true, refused: '' });
  }
});

test('the meter says in words how strong a password is, and is heard once the typing rests', async ({ page, server }) => {
  await page.goto(`${server.origin}/signup`);
  const meter = page.getByRole('meter', { name: 'Strength of the password' });
  const field = page.getByLabel('Password', { exact: true });
  await expect(meter).toBeHidden();
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.getElementById('announce').textContent)).observe(document.getElementById('announce'), { childList: true });
  });
  await field.pressSequentially('kelp harbour seven lanterns');
  await expect(meter).toHaveAttribute('aria-valuetext', 'Strong');
  await expect(page.locator('.meter__words')).toHaveText('Strong');
  await expect(page.locator('#announce')).toHaveText('Password: strong.');
  expect(await page.evaluate(() => window.heard)).toEqual(['Password: strong.']);
  await expectAccessible(page);
  await expectFits(page);

  // The own name is the one thing that any length does not make good.
  await page.getByLabel('User name').fill('lantern');
  await expect(meter).toHaveAttribute('aria-valuetext', 'Easy to guess');
  await expectAccessible(page);
  await page.getByLabel('User name').fill('mira');
  await page.getByLabel('E-mail').fill('mira@example.org');
  await field.fill('short');
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(field).toBeFocused();
  await expect(field).toHaveAccessibleDescription(/Make the password 7 characters longer/);
  await field.fill('');
  await expect(meter).toBeHidden();
});

// A quiz taken alone: question by question, on two devices, without a line, by keys alone, and what came of it.

import { client } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const QUIZ = { title: 'Tides', topic: 'Sea', questions: [
  { stem: 'Which body pulls the tides most?', type: 'single_choice', options: [{ text: 'The Moon', correct: true }, { text: 'The Sun' }], explanation: 'It is so much nearer.', points: 1000 },
  { stem: 'Depth of the berth in metres?', type: 'numeric', value: 12.5, tolerance: 0.25, points: 1000 },
  { stem: 'What is a knot?', type: 'short_text', accepted: [{ text: 'a speed', percent: 100 }], points: 500 },
] };

/** A published quiz of that person. */
async function published(author, rules = {}) {
  const api = await client(author.server, author.context.request);
  const { id } = await api.post('quizzes', QUIZ, crypto.randomUUID());
  await api.post(`quizzes/${id}/publish`, { rev: 1 });
  await author.page.evaluate(async ([path, body]) => {
    const { token } = await (await fetch('/api/v1/auth/csrf')).json();
    await fetch(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json', 'x-csrf-token': token } });
  }, [`/api/v1/quizzes/${id}/rules`, rules]);
  return id;
}

const question = (page, stem) => expect(page.getByRole('heading', { level: 1, name: stem })).toBeVisible();
const next = (page) => page.getByRole('button', { name: 'Next' });

test('somebody takes a quiz alone, goes on on a phone, and sees what was right at the end', async ({ people, browser, server }) => {
  const mira = await people('mira');
  const id = await published(mira, { minutes: 30, attempts: 2 });
  const bo = await people('bo');
  const { page } = bo;
  await page.goto(`/quizzes/${id}`);
  await expect(page.getByText('You can take it 2 times.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Take it alone' }).click();
  await question(page, QUIZ.questions[0].stem);
  await expect(page.locator('#left')).toHaveText(/^(30:00|29:5\d)$/);
  await page.getByRole('radio', { name: 'The Sun' }).click();
  await expect(page.getByText('Your answer is kept.')).toBeVisible();
  await page.getByRole('radio', { name: 'The Moon' }).click();
  await expect(page.locator('input:checked')).toHaveCount(1);
  await expect(page.getByText('Your answer is kept.')).toBeVisible();
  await expectAccessible(page);
  expect(await page.content()).not.toContain('so much nearer');

  const phone = await browser.newContext({ baseURL: server.origin, storageState: await bo.context.storageState(), viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const hand = await phone.newPage();
  await hand.goto(`/quizzes/${id}`);
  await hand.getByRole('button', { name: 'Go on' }).tap();
  await question(hand, QUIZ.questions[1].stem);
  await expect(hand.getByText('1 of 3 answered')).toBeVisible();
  await hand.getByLabel('Your number').fill('12,4');
  await next(hand).tap();
  await question(hand, QUIZ.questions[2].stem);
  await expect(hand.getByText('2 of 3 answered')).toBeVisible();
  await expectFits(hand);
  await expectAccessible(hand);
  await hand.getByRole('button', { name: 'Hand in' }).tap();
  await expect(hand.getByRole('dialog')).toContainText('1 question has no answer yet.');
  await hand.getByRole('dialog').getByRole('button', { name: 'Hand in' }).tap();
  await expect(hand.getByRole('heading', { level: 1, name: 'Handed in' })).toBeVisible();
  await expect(hand.locator('.result__pts')).toHaveText('2,000');
  await expect(hand.getByText('2 of 3 correct')).toBeVisible();
  await expect(hand.getByText('It is so much nearer.')).toBeVisible();
  await expect(hand.getByText('a speed')).toBeVisible();
  await expectFits(hand);
  await expectAccessible(hand);
  await phone.close();

  await page.reload();
  await expect(page.locator('.result__pts')).toHaveText('2,000');
  await page.getByRole('link', { name: 'Back to the quiz', exact: true }).click();
  await expect(page.getByText('What counts: 2,000 points')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Take it again' })).toBeVisible();

  await page.goto('/quizzes?taken');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('My attempts');
  const taken = page.getByRole('main').getByRole('listitem').filter({ hasText: 'points' });
  await expect(taken).toHaveCount(1);
  await expectAccessible(page);
  await expectFits(page);
  await taken.getByRole('link').click();
  await expect(page.locator('.result__pts')).toHaveText('2,000');
});

test('an answer that the line lost is sent again, and each tells what is right where its author wants it', async ({ people }) => {
  const mira = await people('mira');
  const id = await published(mira, { feedback: 'after_each' });
  const bo = await people('bo', { network: true });
  const { page } = bo;
  await page.goto(`/quizzes/${id}`);
  await page.getByRole('button', { name: 'Take it alone' }).click();
  await question(page, QUIZ.questions[0].stem);
  await page.route('**/answers/*', (route) => route.abort());
  await page.getByRole('radio').first().focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Sending…')).toBeVisible();
  await page.reload();
  await question(page, QUIZ.questions[0].stem);
  await expect(page.getByText('Sending…')).toBeVisible();
  await page.unroute('**/answers/*');
  await expect(page.locator('.verdict-card')).toContainText('Not this time');
  await expect(page.locator('.verdict-card')).toContainText('It is so much nearer.');
  await expect(page.getByRole('radio').first()).toBeDisabled();
  await expectAccessible(page);
  await next(page).focus();
  await page.keyboard.press('Enter');
  await question(page, QUIZ.questions[1].stem);
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused();
  await page.goBack();
  await question(page, QUIZ.questions[0].stem);
});

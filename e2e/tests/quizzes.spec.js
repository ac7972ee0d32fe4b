// Writing quizzes and finding them: as an author does it, with a file, by keys alone, on a phone, in German.

import { readFile } from 'node:fs/promises';
import { PASSWORD, client, makeAccount } from '../lib/person.js';
import { expect, expectAccessible, expectFits, test } from '../lib/test.js';

const GIFT = '$CATEGORY: Harbour\n\nWhich body pulls the tides most? {=The Moon ~The Sun ~Jupiter}\n\nAlone {~only}\n\nDepth in metres? {#12.5:0.25}\n';
const one = (stem) => ({ stem, type: 'single_choice', options: [{ text: 'Yes', correct: true }, { text: 'No', correct: false }], limit_ms: 20_000, points: 1000 });

/** A quiz over REST. */
async function written(person, quiz) {
  const api = await client(person.server, person.context.request);
  return api.post('quizzes', quiz, crypto.randomUUID());
}

const saved = (page) => expect(page.locator('#saved')).toContainText('Draft saved');
const items = (page) => page.locator('#questions .qitem__link span[dir]');

test('an author writes a quiz, publishes it, and others find it', async ({ people, named }) => {
  const mira = await people('mira');
  const { page } = mira;
  await page.getByRole('link', { name: 'Quizzes' }).click();
  await expect(page.getByText('Nobody has published one yet.').or(page.locator('.quiz').first())).toBeVisible();
  await page.getByRole('button', { name: 'Write a quiz' }).click();
  const title = named('Tides');
  await page.getByRole('dialog').getByLabel('Title').fill(title);
  await page.getByRole('dialog').getByRole('button', { name: 'Begin' }).click();
  await expect(page).toHaveURL(/\/quizzes\/[^/]+\/edit$/);
  await page.getByLabel('Topic').fill('Sea');
  await page.getByRole('button', { name: 'Add a question' }).click();
  await expect(page.getByRole('heading', { name: 'Question 1 of 1' })).toBeFocused();
  await page.getByLabel('Question', { exact: true }).fill('Which body pulls the tides most?');
  await saved(page);
  await expect(page.locator('#todo')).toContainText('before it can be published');
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.locator('[aria-invalid]').first()).toBeFocused();
  await expectAccessible(page);
  await page.getByLabel('Answer A', { exact: true }).fill('The Moon');
  await page.getByLabel('Answer B', { exact: true }).fill('The Sun');
  await expect(page.locator('#phone')).toContainText('The Sun');
  await page.getByRole('button', { name: 'Remove answer D' }).click();
  await page.getByRole('button', { name: 'Remove answer C' }).click();
  await expect(page.locator('#todo')).toBeEmpty();
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByRole('button', { name: 'Unpublish' })).toBeVisible();

  const bo = await people('bo');
  await bo.page.goto('/quizzes');
  await bo.page.getByRole('searchbox', { name: 'Search quizzes' }).fill(title.split('-').pop());
  await expect(bo.page).toHaveURL(/text=/);
  await bo.page.getByRole('link', { name: title }).click();
  await expect(bo.page.getByRole('heading', { name: title })).toBeVisible();
  await expect(bo.page.getByRole('link', { name: 'Edit' })).toHaveCount(0);
  await expectAccessible(bo.page);
  await bo.page.goBack();
  await expect(bo.page.getByRole('searchbox')).toHaveValue(title.split('-').pop());
  await expect(bo.page.getByRole('link', { name: title })).toBeVisible();
  await expectAccessible(bo.page);
});

test('a file comes in with a line for every row, and goes out again', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  await page.goto('/quizzes/import');
  await page.getByRole('button', { name: 'Look what is in it' }).click();
  await expect(page.getByRole('alert')).toContainText('Choose a file first.');
  await page.getByLabel('The file').setInputFiles({ name: 'harbour.gift', mimeType: 'text/plain', buffer: Buffer.from(GIFT) });
  await expect(page.getByLabel('Kind of file')).toHaveValue('gift');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Look what is in it' }).click();
  await expect(page.getByRole('heading', { name: '2 of 3 rows fit' })).toBeFocused();
  const rows = page.getByRole('row');
  await expect(rows).toHaveCount(4);
  await expect(rows.nth(2)).toContainText('fewer than two answers');
  await expectAccessible(page);
  await expectFits(page);
  await page.getByRole('button', { name: 'Make a draft of 2 questions' }).click();
  await expect(page).toHaveURL(/\/edit$/);
  await expect(page.getByLabel('Title')).toHaveValue('Harbour');
  for (const [name, ending, holds] of [['Export as GIFT', '.gift.txt', '::'], ['Export as JSON', '.json', '"format": 1']]) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    expect(file.suggestedFilename()).toBe(`harbour${ending}`);
    const text = await readFile(await file.path(), 'utf8');
    expect(text).toContain('Which body pulls the tides most?');
    if (ending === '.json') expect(text).toContain(holds);
  }
});

test('questions are put in order by buttons, by dragging and by keys alone, and one comes back', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  const { id } = await written(mira, { title: 'Order', questions: ['One', 'Two', 'Three'].map(one) });
  await page.goto(`/quizzes/${id}/edit#q1`);
  await expect(items(page)).toHaveText(['One', 'Two', 'Three']);
  await page.getByRole('button', { name: 'Move question 1 down' }).focus();
  await page.keyboard.press('Enter');
  await expect(items(page)).toHaveText(['Two', 'One', 'Three']);
  await expect(page.getByRole('button', { name: 'Move question 2 down' })).toBeFocused();
  await expect(page.locator('#announce')).toContainText('Question 1 is now 2 of 3.');
  const grip = (n) => page.locator('#questions .qitem__grip').nth(n);
  const [from, to] = [await grip(2).boundingBox(), await grip(0).boundingBox()];
  await page.mouse.move(from.x + 5, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(to.x + 5, to.y + 20, { steps: 5 });
  await page.mouse.move(to.x + 5, to.y + 5);
  await page.mouse.up();
  await expect(items(page)).toHaveText(['Three', 'Two', 'One']);
  await page.getByRole('button', { name: 'Delete question' }).click();
  await expect(items(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(items(page)).toHaveText(['Three', 'Two', 'One']);
  await page.getByRole('button', { name: 'Duplicate question' }).click();
  await expect(items(page)).toHaveCount(4);
  await saved(page);
  await page.reload();
  await expect(items(page)).toHaveCount(4);
});

test('what was typed and not saved is there again, and another tab is not written over', async ({ people }) => {
  const mira = await people('mira', { network: true });
  const { page } = mira;
  const { id } = await written(mira, { title: 'Kept', questions: [one('One')] });
  await page.goto(`/quizzes/${id}/edit#q1`);
  const stem = page.getByLabel('Question', { exact: true });
  await expect(stem).toHaveValue('One');
  await page.route('**/api/v1/quizzes/**', (route) => (route.request().method() === 'PUT' ? route.abort() : route.continue()));
  await stem.fill('One, changed offline');
  await expect(page.locator('#saved')).toContainText('Not saved, trying again');
  page.on('dialog', (dialog) => dialog.accept());
  await page.reload();
  await expect(page.locator('#saved')).toContainText('Not saved, trying again');
  await expect(stem).toHaveValue('One, changed offline');
  await page.unroute('**/api/v1/quizzes/**');
  await saved(page);
  const other = await mira.newPage();
  await other.goto(`/quizzes/${id}/edit#q1`);
  await other.getByLabel('Question', { exact: true }).fill('From the other tab');
  await saved(other);
  await stem.fill('From this one');
  await expect(page.getByRole('dialog')).toContainText('This quiz has changed');
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Load the newer one' }).click();
  await expect(stem).toHaveValue('From the other tab');
});

test('an author says how a quiz is taken alone', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  const { id } = await written(mira, { title: 'Alone', topic: 'Sea', questions: [one('One')] });
  await page.goto(`/quizzes/${id}/edit`);
  await page.getByText('Taken alone').click();
  await page.getByLabel('Attempts').fill('3');
  await page.getByLabel('Which attempt counts').selectOption({ label: 'the last' });
  await expect(page.getByText('Kept, for attempts that begin from now on.')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByRole('button', { name: 'Unpublish' })).toBeVisible();
  await page.goto(`/quizzes/${id}`);
  await expect(page.getByText('You can take it 3 times.')).toBeVisible();
});

test('every kind of question has its fields and its preview, none of them inaccessible', async ({ people }) => {
  const mira = await people('mira');
  const { page } = mira;
  const { id } = await written(mira, { title: 'Kinds', questions: [one('What is it?')] });
  await page.goto(`/quizzes/${id}/edit#q1`);
  const kind = page.getByLabel('Type', { exact: true });
  for (const value of await kind.locator('option').evaluateAll((all) => all.map((option) => option.value))) {
    await kind.selectOption(value);
    await expect(kind).toBeFocused();
    await expect(page.locator('#phone')).toContainText('What is it?');
    await expectFits(page);
    // These have fields of their own; the others are made of the same.
    if (['multiple_choice', 'short_text', 'numeric', 'ordering', 'matching'].includes(value)) await expectAccessible(page);
  }
  await saved(page);
});

test('on a phone an author finds every question, sees the preview, and nothing is too wide', async ({ people }) => {
  const mira = await people('mira', { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true });
  const { page } = mira;
  const { id } = await written(mira, { title: 'On the way, with a long title that does not fit', questions: ['One', 'Two'].map(one) });
  for (const path of ['/quizzes', '/quizzes?mine', '/quizzes?taken', '/quizzes?live', '/quizzes/import', `/quizzes/${id}`, `/quizzes/${id}/edit`, `/quizzes/${id}/edit#q1`]) {
    await page.goto(path);
    await expect(page.locator('main h1, #h, #heading:not(:empty)').first()).toBeVisible();
    await expectFits(page);
    await expectAccessible(page);
  }
  await page.getByRole('button', { name: 'All questions' }).tap();
  await page.getByRole('link', { name: /Two/ }).tap();
  await expect(page.getByRole('heading', { name: 'Question 2 of 2' })).toBeVisible();
  await page.getByRole('button', { name: 'Preview' }).tap();
  await expect(page.locator('#phone')).toContainText('Two');
  await expectFits(page);
  await page.goBack();
  await expect(page.locator('#phone')).toContainText('One');
});

test('the pages of quizzes speak German', async ({ browser, server, named, request }) => {
  const name = named('gerda');
  await makeAccount(server, request, name);
  const context = await browser.newContext({ baseURL: server.origin, locale: 'de-DE' });
  const page = await context.newPage();
  await page.goto('/quizzes');
  await expect(page).toHaveURL(/\/signin\?next=/);
  await page.getByLabel('Benutzername oder E-Mail').fill(name);
  await page.getByLabel('Passwort', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Anmelden' }).click();
  await expect(page).toHaveURL(/\/quizzes$/);
  const api = await client(server, context.request);
  const { id } = await api.post('quizzes', { title: 'Gezeiten', questions: [one('Wer zieht am Meer?')] }, crypto.randomUUID());
  for (const [path, text] of [['/quizzes', 'Quiz schreiben'], ['/quizzes/import', 'Fragen importieren'], [`/quizzes/${id}`, 'Bearbeiten'], [`/quizzes/${id}/edit#q1`, 'Über das Quiz']]) {
    await page.goto(path);
    await expect(page.getByText(text).first()).toBeVisible();
    await expect(page.locator('html')).toHaveAttribute('lang', 'de');
    const words = await page.locator('body').innerText();
    for (const english of ['Write', 'Search', 'Import a', 'Question', 'Answer', 'Edit', 'questions', 'Choose']) expect(words, `${path}: ${english}`).not.toMatch(new RegExp(`\\b${english}\\b`));
    await expectAccessible(page);
    await expectFits(page);
  }
  await context.close();
});

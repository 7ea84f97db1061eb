import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { BROWSER_WITHIN_MS } from './browser.ts';
import { servedPage } from './served-page.ts';

const served = servedPage(testDatabase());

test('the readable page of the API shows its routes under the content policy, and loads nothing from elsewhere', async () => {
  const page = await served.browser.newPage();
  page.setDefaultTimeout(BROWSER_WITHIN_MS);
  const complaints: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${served.url}/docs`);
  await page.getByText('/api/senate/pauses/check', { exact: true }).waitFor();
  await page.getByText('/api/senate/pause', { exact: true }).click();
  await page.getByText('scope_kind').first().waitFor();
  expect(complaints).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(served.url) && !url.startsWith('data:'))).toEqual([]);
});

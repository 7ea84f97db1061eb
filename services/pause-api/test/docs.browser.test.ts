import type { RunningService } from '@orchestra/service-shell';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from './browser.ts';
import { startPauseApi } from './started.ts';

const database = testDatabase();
let service: RunningService;

beforeAll(async () => { service = await startPauseApi(database.url); });
afterAll(() => service.stop());

test('the readable page of the API shows its routes under the content policy, and loads nothing from elsewhere', async () => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    const asked: string[] = [];
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${service.url}/docs`);
    await page.getByText('/api/senate/pauses/check', { exact: true }).waitFor();
    await page.getByText('/api/senate/pause', { exact: true }).click();
    await page.getByText('scope_kind').first().waitFor();
    expect(complaints).toEqual([]);
    expect(asked.filter((url) => !url.startsWith(service.url) && !url.startsWith('data:'))).toEqual([]);
  } finally {
    await browser.close();
  }
});

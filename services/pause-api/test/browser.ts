import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PAGE_FOLDER } from '@orchestra/dashboard';
import { chromium, type Browser, type Locator } from 'playwright-core';
import { expect } from 'vitest';

/**
 * How long a browser may take for anything it is asked. A machine with much else to do takes long; a test takes 120 s.
 */
export const BROWSER_WITHIN_MS = 90_000;

const run = promisify(execFile);

// The shell has no windows, and needs a third of the CPU time of the whole browser.
const CHROMIUMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];

/**
 * A headless Chromium: the one that `CHROMIUM_PATH` names, else Debian's.
 *
 * @throws when it is not there, with how to install it: a page that nobody looked at must not count as tested
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] || CHROMIUMS.find((path) => existsSync(path)) || '';
  if (!existsSync(executablePath)) {
    throw new Error(
      `there is no Chromium at ${executablePath || CHROMIUMS.join(' or ')}. Install it (Debian, Ubuntu: ` +
        'apt-get install chromium-headless-shell, or chromium), or set CHROMIUM_PATH to a Chromium or Chrome ' +
        'on this machine',
    );
  }
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'],
  });
}

/**
 * Builds the page unless it is there and no older than its sources. `pnpm test` builds before; a single test file does
 * not.
 */
export async function buildPage(): Promise<void> {
  const folder = dirname(PAGE_FOLDER);
  const built = join(PAGE_FOLDER, 'index.html');
  const sources = [
    join(folder, 'index.html'),
    join(folder, 'vite.config.ts'),
    ...readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, 'src', name)),
  ];
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  await run(join(folder, 'node_modules', '.bin', 'vite'), ['build'], {
    cwd: folder,
    env: { ...process.env, NODE_ENV: 'production' },
  }); // vitest's own would build another page than is shipped
}

declare module 'vitest' {
  // The parameters have to be those of vitest's own declaration.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** Is visible now, or becomes so. */
    toAppear(): T extends Locator ? Promise<void> : R;
    /** Is gone from the page now, or goes. */
    toVanish(): T extends Locator ? Promise<void> : R;
  }
}

expect.extend({
  toAppear: (locator: Locator) => reaches(locator, 'visible'),
  toVanish: (locator: Locator) => reaches(locator, 'detached'),
});

async function reaches(
  locator: Locator,
  state: 'visible' | 'detached',
): Promise<{ pass: boolean; message: () => string }> {
  const failure = await locator.waitFor({ state, timeout: BROWSER_WITHIN_MS }).then(
    () => undefined,
    (error: Error) => error,
  );
  return { pass: failure === undefined, message: () => failure?.message ?? `${String(locator)} is ${state}` };
}

import { execFile } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PAGE_FOLDER } from '@orchestra/dashboard';
import { chromium, type Browser } from 'playwright-core';

const run = promisify(execFile);

/**
 * A headless Chromium: the one that `CHROMIUM_PATH` names, else Debian's.
 *
 * @throws when it is not there, with how to install it: a page that nobody looked at must not count as tested
 */
export async function launchChromium(): Promise<Browser> {
  const executablePath = process.env['CHROMIUM_PATH'] || '/usr/bin/chromium';
  if (!existsSync(executablePath)) {
    throw new Error(`there is no Chromium at ${executablePath}. Install it (Debian, Ubuntu: apt-get install chromium), `
      + 'or set CHROMIUM_PATH to a Chromium or Chrome on this machine');
  }
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'] });
}

/** Builds the page unless it is there and no older than its sources. `pnpm test` builds before; a single test file does not. */
export async function buildPage(): Promise<void> {
  const folder = dirname(PAGE_FOLDER);
  const built = join(PAGE_FOLDER, 'index.html');
  const sources = [join(folder, 'index.html'), join(folder, 'vite.config.ts'),
    ...readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, 'src', name))];
  const newest = Math.max(...sources.map((path) => statSync(path).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  await run(join(folder, 'node_modules', '.bin', 'vite'), ['build'], { cwd: folder });
}

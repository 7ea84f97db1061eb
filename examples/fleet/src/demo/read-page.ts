import { existsSync } from 'node:fs';
import { NotHeld, waitFor } from '@orchestra/example-acceptance';
import { chromium } from 'playwright-core';

// The shell has no windows, and starts sooner.
const CHROMIUMS = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'];
const SHOWN_WITHIN_MS = 15_000;
const ARGS = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'];

/**
 * Opens the page in a headless Chromium, signed in by the token in the address, and waits until it shows all of
 * `texts`. Answers the lines that do.
 *
 * @throws NotHeld when it never does, or where there is no Chromium
 */
export async function readPage(
  url: string,
  token: string,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const program = process.env['CHROMIUM_PATH'] || CHROMIUMS.find((path) => existsSync(path)) || '/usr/bin/chromium';
  if (!existsSync(program))
    throw new NotHeld(`there is no Chromium at ${program}; install one, or set CHROMIUM_PATH to where it is`);
  // This process takes the signals itself, and closes the browser as it closes everything.
  const browser = await chromium.launch({
    executablePath: program,
    args: ARGS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  });
  try {
    const page = await browser.newPage();
    await page.goto(`${url}#token=${encodeURIComponent(token)}`, { timeout: SHOWN_WITHIN_MS });
    let text = '';
    const shows = async (): Promise<true | undefined> => {
      text = await page.locator('body').innerText();
      return texts.every((wanted) => text.includes(wanted)) ? true : undefined;
    };
    await waitFor('', { withinMs: SHOWN_WITHIN_MS, signal }, shows).catch((cause: unknown) => {
      if (!(cause instanceof NotHeld)) throw cause;
      throw new NotHeld(`the page shows ${texts.join(', ')}; it said: ${text.slice(0, 500)}`, { cause });
    });
    return text
      .split('\n')
      .filter((line) => texts.some((wanted) => line.includes(wanted)))
      .join(' | ');
  } finally {
    await browser.close();
  }
}

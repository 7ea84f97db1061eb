import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { BROWSER_WITHIN_MS } from './browser.ts';

/**
 * Screenshots for people to look at are left here when TEST_PICTURES is set: a picture costs a second. Git ignores the
 * folder.
 */
const PICTURES = process.env['TEST_PICTURES']
  ? join(import.meta.dirname, '..', '..', '..', '.vitest', 'pictures')
  : undefined;

/** The page in a browser, and all that the browser complained about. */
export class Desk {
  readonly page: Page;
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #url: string;

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.on('pageerror', (error) => this.complaints.push(`error: ${error.message}`));
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('console', (message) => {
      // Refusals are what some tests are about; the browser logs those by itself.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      if (!request.isNavigationRequest() && new URL(request.url()).origin !== new URL(url).origin)
        this.complaints.push(`asked elsewhere: ${request.url()}`);
    });
  }

  /** A window of its own, which has been nowhere yet. */
  static async make(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Desk> {
    const context = await browser.newContext({ viewport: { width: 1_280, height: 900 }, ...options });
    context.setDefaultTimeout(BROWSER_WITHIN_MS);
    return new Desk(context, await context.newPage(), url);
  }

  /** Signs in as the link that `orchestra up` prints does. */
  async signIn(token: string): Promise<void> {
    await this.page.goto(`${this.#url}/#token=${token}`);
    await this.line('live').waitFor();
  }

  /** Goes to an address of the page as one that was typed in. */
  async visit(path: string): Promise<void> {
    await this.page.goto(`${this.#url}/${path}`);
    await this.line('live').waitFor();
  }

  line(state: string): Locator {
    return this.page.locator(`.line-state[data-state="${state}"]`);
  }

  heading(name: string | RegExp): Locator {
    return this.page.getByRole('heading', { name });
  }

  /** The row of a table that holds this text. */
  row(text: string): Locator {
    return this.page.locator('tbody tr').filter({ hasText: text });
  }

  /** Waits until every part of the view has been read. */
  async settled(): Promise<void> {
    await this.page.locator('main h1').first().waitFor();
    await this.page.locator('.placeholder, .busy').first().waitFor({ state: 'detached' });
  }

  async picture(name: string): Promise<void> {
    if (PICTURES === undefined) return;
    mkdirSync(PICTURES, { recursive: true });
    await this.page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  }

  /** What axe-core finds serious or critical in the page as it is now, by these of its rules or by all. */
  async seriousFindings(rules?: readonly string[]): Promise<string[]> {
    // As a script of the browser and not of the page: the page's policy lets no inline script run.
    await this.page.evaluate(axe.source);
    const options = JSON.stringify({ resultTypes: ['violations'], ...(rules === undefined ? {} : { runOnly: rules }) });
    const { violations } = await this.page.evaluate<axe.AxeResults>(`axe.run(document, ${options})`);
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, help, nodes }) =>
          `${id}: ${help}: ${nodes
            .slice(0, 3)
            .map((node) => node.html)
            .join(' | ')}`,
      );
  }

  /** How far the page reaches beyond the window, in px. */
  async sidewaysPx(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  }

  async close(): Promise<void> {
    await this.#context.close();
    if (this.complaints.length > 0) throw new Error(`the browser complained:\n${this.complaints.join('\n')}`);
  }
}

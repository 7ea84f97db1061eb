import type { RunningService } from '@orchestra/service-shell';
import type { TestDatabase } from '@orchestra/testkit';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { buildPage, launchChromium } from './browser.ts';
import { Desk } from './desk.ts';
import { newToken, startPauseApi } from './started.ts';

export interface ServedPage {
  readonly browser: Browser;
  readonly url: string;
  /** Of dana, an operator. */
  readonly token: string;
  /** A desk that has been nowhere yet. */
  desk(options?: BrowserContextOptions & { url?: string }): Promise<Desk>;
  /** One that is signed in as the link that `orchestra up` prints does; as dana, unless told otherwise. */
  open(options?: BrowserContextOptions & { url?: string; token?: string }): Promise<Desk>;
  /** The service stops, and comes back at the same address after `meanwhile`. */
  restart(meanwhile: () => Promise<void>): Promise<void>;
}

/**
 * The page as one test file has it: built, served by the service in this process, with a Chromium to look at it, from
 * before the first test until after the last. After each test its desks are closed, which fails it where a browser
 * complained, and nothing is left paused. Read the fields inside tests and hooks only.
 */
export function servedPage(db: TestDatabase): ServedPage {
  let browser: Browser | undefined;
  let service: RunningService | undefined;
  let token: string | undefined;
  let desks: Desk[] = [];

  beforeAll(async () => {
    [browser] = await Promise.all([launchChromium(), buildPage()]);
    token = await newToken(db.pool, 'operator', 'dana');
    service = await startPauseApi(db.url);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.stop();
  });
  afterEach(async () => {
    const opened = desks;
    desks = [];
    try {
      await Promise.all(opened.map((desk) => desk.close()));
    } finally {
      await db.pool.query("update senate_pause set cleared_at = now(), cleared_by = 'test' where cleared_at is null");
    }
  });

  const served: ServedPage = {
    get browser() {
      return there(browser);
    },
    get url() {
      return there(service).url;
    },
    get token() {
      return there(token);
    },
    async desk({ url = served.url, ...options } = {}) {
      const desk = await Desk.make(served.browser, url, options);
      desks.push(desk);
      return desk;
    },
    async open({ token: own = served.token, ...options } = {}) {
      const desk = await served.desk(options);
      await desk.signIn(own);
      return desk;
    },
    async restart(meanwhile) {
      const port = Number(new URL(served.url).port);
      await there(service).stop();
      try {
        await meanwhile();
      } finally {
        service = await startPauseApi(db.url, { port });
      }
    },
  };
  return served;
}

function there<T>(made: T | undefined): T {
  if (made === undefined) throw new Error('the served page is there from beforeAll on');
  return made;
}

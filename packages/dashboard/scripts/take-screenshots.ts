// Takes the two pictures of the page in docs/images: starts Orchestra with a database of its own, lets an hour of work
// have happened there, has an agent run away, pauses it as an operator does, and takes the pictures.
//
//   node packages/dashboard/scripts/take-screenshots.ts
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { chromium, type Page } from 'playwright-core';
import { AN_HOUR_OF_WORK } from './an-hour-of-work.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const IMAGES = join(ROOT, 'docs', 'images');
const STOP_MS = 15_000;

interface Started {
  pause_api: string;
  worker_claimer: string;
  token_file: string;
}

const home = mkdtempSync(join(tmpdir(), 'orchestra-pictures-'));
chmodSync(home, 0o755); // as root the database runs as another user, who has to get in
const { DATABASE_URL: _unused, ...env } = process.env;
const up = spawn(process.execPath, [join(ROOT, 'packages/cli/bin/run.js'), 'up', '--json'], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...env, ORCHESTRA_HOME: home, PAUSE_API_PORT: '0', WORKER_CLAIMER_PORT: '0', ALERT_CASCADE_PORT: '0' },
});
try {
  const [line] = await once(createInterface(up.stdout), 'line');
  await takePictures(JSON.parse(String(line)) as Started);
} finally {
  const gone = once(up, 'exit');
  up.kill('SIGINT');
  await Promise.race([gone, delay(STOP_MS).then(() => up.kill('SIGKILL'))]);
  rmSync(home, { recursive: true, force: true });
}

async function takePictures({ pause_api: api, worker_claimer: tasks, token_file: tokenFile }: Started): Promise<void> {
  const token = readFileSync(tokenFile, 'utf8').trim();
  const call = async <T>(url: string, body: object): Promise<T> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const db = new pg.Client({
    connectionString: readFileSync(join(home, 'database-url'), 'utf8').trim(),
    options: '-c search_path=orchestra',
  });
  await db.connect();
  await db.query(AN_HOUR_OF_WORK);
  await db.end();

  // What is at work now: eleven runs, four of them of the agent that runs away.
  const claim = async (worker: string, agent: string, limit: number): Promise<{ id: string; run_id: string }[]> =>
    (
      await call<{ tasks: { id: string; run_id: string }[] }>(`${tasks}/api/tasks/claim`, {
        worker,
        host: 'node-7',
        agents: [agent],
        limit,
      })
    ).tasks;
  const running = await claim('worker-1', 'skeptic', 4);
  for (const [worker, agent, limit] of [
    ['worker-2', 'librarian', 3],
    ['worker-3', 'scribe', 2],
    ['worker-3', 'cartographer', 2],
  ] as const)
    await claim(worker, agent, limit);
  for (let count = 0; count < 3; count += 1) {
    await call(`${api}/api/senate/alerts`, {
      kind: 'budget_exceeded',
      ref_id: 'acct-7',
      severity: 'critical',
      details: { spent_usd: 40 + count * 12 },
    });
  }
  const pause = await call<{ id: string }>(`${api}/api/senate/pause`, {
    scope_kind: 'agent',
    scope_value: 'skeptic',
    reason: 'runaway loop: answers itself since the 02:40 deploy',
    ttl_seconds: 1_800,
    then: 'stay',
  });
  for (const { id, run_id } of running.slice(0, 3))
    await call(`${tasks}/api/tasks/${id}/complete`, { run_id, result: { verdict: 'kept' } });

  mkdirSync(IMAGES, { recursive: true });
  const executablePath = process.env['CHROMIUM_PATH'] || '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--headless', '--disable-gpu'] });
  const page = await browser.newPage({ viewport: { width: 1_280, height: 900 }, colorScheme: 'light' });
  await page.goto(`${api}/#token=${token}`);
  await page.locator('.chart canvas').waitFor();
  await page.locator('table.pauses tbody tr').nth(1).waitFor();
  await page.locator('table.numbers tbody tr').first().waitFor();
  await settle(page);
  await page.screenshot({ path: join(IMAGES, 'now.png') });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${api}/pauses/${pause.id}`);
  await page.getByText('Draining 1').waitFor();
  await settle(page);
  await page.screenshot({ path: join(IMAGES, 'pause.png'), clip: { x: 0, y: 0, width: 1_280, height: 720 } });
  await browser.close();
}

/** Nothing in these pictures should be half way. */
async function settle(page: Page): Promise<void> {
  await page.locator('.placeholder').waitFor({ state: 'detached' });
  await delay(2_500); // one tick of the desk
}

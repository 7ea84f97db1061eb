import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { testDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('../src/bench.ts', import.meta.url));
const db = testDatabase({ empty: true });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestra-bench-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bench(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--expose-gc', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], DATABASE_URL: db.url },
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (bytes) => {
    stdout += String(bytes);
  });
  child.stderr.on('data', (bytes) => {
    stderr += String(bytes);
  });
  const [code] = await once(child, 'close');
  return { code: typeof code === 'number' ? code : null, stdout, stderr };
}

async function leftBehind(): Promise<string[]> {
  const { rows } = await db.pool.query<{ datname: string }>(
    "select datname from pg_database where datname like 'orchestra\\_bench\\_%'",
  );
  return rows.map((row) => row.datname);
}

test('a measure prints its table, writes its figures, and leaves no database behind', async () => {
  const json = join(folder, 'figures.json');
  const { code, stdout, stderr } = await bench('--quick', '--only', 'is-paused', '--json', json);
  expect(stderr).toContain('is-paused: in this process, warm-up');
  expect(stdout).toContain('10,000 active pauses, over four Map.get');
  expect(stdout).not.toContain('wrote ');
  const report = JSON.parse(await readFile(json, 'utf8'));
  expect(report).toMatchObject({ quick: true, only: ['is-paused'], rounds: 3, failures: [] });
  expect(report.findings.length).toBeGreaterThan(3);
  for (const finding of report.findings) {
    expect(finding.rounds).toHaveLength(3);
    expect(finding.reached).toBeGreaterThan(0);
  }
  expect(await leftBehind()).toEqual([]);
  expect(code).toBe(0);
}, 180_000);

test('wrong usage ends with 2 and says what there is, before anything is started', async () => {
  const { code, stderr } = await bench('--only', 'nothing');
  expect(stderr).toContain('there is no measure nothing: take one of claim-depth,');
  expect(code).toBe(2);
});

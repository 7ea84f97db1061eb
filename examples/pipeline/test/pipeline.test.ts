import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@orchestra-brake/client';
import { startService as startPauseApi } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { makeStageRules, parsePipelines } from '@orchestra/task-queue';
import { testDatabase } from '@orchestra/testkit';
import { startService as startClaimer } from '@orchestra/worker-claimer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePlace } from '../src/place.ts';
import { play } from '../src/play.ts';
import { startWorkers, type Where } from '../src/work-through.ts';

const db = testDatabase();
const STAGES = new URL('../stages.yaml', import.meta.url);
const undo: (() => Promise<unknown>)[] = [];
let client: Client;
let where: Where;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'orchestra-pipeline-'));
  undo.push(() => rm(home, { recursive: true, force: true }));
  await chmod(home, 0o755);
  const common = {
    databaseUrl: db.url,
    listenDatabaseUrl: db.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent' as const,
  };
  const stages = makeStageRules({ pipelines: parsePipelines(await readFile(STAGES, 'utf8'), 'stages.yaml') });
  const pauseApi = await startPauseApi(common);
  undo.push(() => pauseApi.stop());
  const claimer = await startClaimer({
    ...common,
    leaseSeconds: 60,
    reapEveryMs: 1_000,
    waitersMax: 100,
    stages,
    runners: { test: null, staging: ['shop', 'site'] },
  });
  undo.push(() => claimer.stop());
  const token = await createToken(db.pool, { name: 'dana', role: 'admin', by: 'test' });
  where = { url: claimer.url, pauseUrl: pauseApi.url, token };
  client = createClient({ url: pauseApi.url, tasksUrl: claimer.url, token });
});
afterAll(async () => {
  for (const one of undo.toReversed()) await one();
});

test(
  'eight tasks of two repos go from analysis to done: one asks, one suite is sent back, one environment is repaired, under a pause of the skill testing in the middle',
  { timeout: 300_000 },
  async () => {
    const place = await makePlace(home);
    const workers = await startWorkers(where, place);
    undo.push(() => Promise.all(workers.map((worker) => worker.stop({ drainMs: 0 }))));
    const seen: string[] = [];
    await play({
      client,
      place,
      signal: AbortSignal.timeout(290_000),
      saw: (line) => {
        seen.push(line);
      },
    });
    expect(seen.at(-1)).toMatch(
      /^all 8 are done: every stage passed, 1 suite sent back, 1 held and let go on, 1 question answered/,
    );
  },
);

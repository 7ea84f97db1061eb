import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makePool, type Database } from '@orchestra/database';
import { unpauseScope } from '@orchestra/pause-core';
import { figure, median } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { agent } from '../paused-while.ts';
import { SERVICES, startService } from '../service-process.ts';

const NAME = 'memory';
const PAUSES = 10_000;
const SAMPLES = 30;
const FLAT = { atMost: 1.1 };
const AT_REST_MB = 150;
const REST_MS = 30_000;
const DURATION_MS = { quick: 15_000, full: 60_000, long: 600_000 } as const;

/**
 * With ten thousand active pauses, one of which ends and one of which begins between any two samples, so that
 * everything is read again and again. A replica's heap is looked at after a collection; a service's memory is what
 * the system says.
 */
export const memory: Measure = {
  name: NAME,
  title: `memory: each service at rest, and with ${PAUSES.toLocaleString('en-US')} active pauses`,
  steps: () => 3,
  run: async ({ server, quick, long, step }) => {
    const durationMs = long ? DURATION_MS.long : quick ? DURATION_MS.quick : DURATION_MS.full;
    const url = await server.makeDatabase(NAME);
    const db = makePool({ connectionString: url, applicationName: 'bench', max: 2 });
    try {
      step(`${NAME}: at rest`);
      const atRest = await servicesAtRest(url, quick ? 5_000 : REST_MS);
      step(`${NAME}: ${PAUSES} pauses`);
      await db.query(
        `insert into senate_pause (scope_kind, scope_value, reason) select 'agent', 'paused-' || n, 'measured'
           from generate_series(1, ${PAUSES}) as n`,
      );
      const claimer = await startService('worker-claimer', url);
      const replica = await startReplica(url);
      try {
        step(`${NAME}: watching for ${durationMs / 1_000} s`);
        const heapMb: number[] = [];
        const claimerMb: number[] = [];
        for (let sample = 0; sample < SAMPLES; sample++) {
          await changePauses(db, sample);
          await delay(durationMs / SAMPLES);
          heapMb.push(await replica.heapMb());
          claimerMb.push(await residentMb(claimer.pid));
        }
        const time = durationMs >= 60_000 ? `${durationMs / 60_000} min` : `${durationMs / 1_000} s`;
        return {
          findings: [
            ...atRest,
            ...rows('a replica’s process, heap', heapMb, time),
            ...rows('worker-claimer, resident', claimerMb, time),
          ],
        };
      } finally {
        await replica.stop();
        await claimer.stop();
      }
    } finally {
      await db.end();
      await server.dropDatabase(url);
    }
  },
};

/** From the bundle, as `orchestra up` and the package start them; from the sources where it is not built. */
async function servicesAtRest(url: string, restMs: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const name of SERVICES) {
    const bundled = fileURLToPath(new URL(`../../../cli/dist/${name}.mjs`, import.meta.url));
    const isBundled = existsSync(bundled);
    const service = await startService(name, url, isBundled ? bundled : undefined);
    await delay(restMs);
    const megabytes = await residentMb(service.pid);
    await service.stop();
    findings.push({
      measure: NAME,
      what: `${name} at rest, resident`,
      target: { atMost: AT_REST_MB },
      reached: megabytes,
      unit: 'MB',
      rounds: [megabytes],
      detail: `${restMs / 1_000} s after its start, from ${isBundled ? 'the bundle' : 'the sources'}`,
    });
  }
  return findings;
}

function rows(what: string, megabytes: number[], time: string): Finding[] {
  const third = Math.floor(megabytes.length / 3);
  const [first, last] = [median(megabytes.slice(0, third)), median(megabytes.slice(-third))];
  return [
    {
      measure: NAME,
      what,
      target: 'stated',
      reached: median(megabytes),
      unit: 'MB',
      rounds: megabytes,
      detail: `${megabytes.length} samples in ${time}`,
    },
    {
      measure: NAME,
      what: `${what}: the last third of ${time} over the first`,
      target: FLAT,
      reached: last / first,
      rounds: [last / first],
      detail: `${figure(last)} over ${figure(first)} MB`,
    },
  ];
}

async function changePauses(db: Database, sample: number): Promise<void> {
  await unpauseScope(db, { target: agent(`paused-${sample + 1}`), by: 'bench' });
  await db.query("insert into senate_pause (scope_kind, scope_value, reason) values ('agent', $1, 'measured')", [
    `paused-anew-${sample}`,
  ]);
}

async function startReplica(
  databaseUrl: string,
): Promise<{ heapMb: () => Promise<number>; stop: () => Promise<void> }> {
  const child = fork(fileURLToPath(new URL('../replica-process.ts', import.meta.url)), {
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answer = async (): Promise<Record<string, unknown>> => {
    const [message] = await Promise.race([
      once(child, 'message'),
      exited.then(() => {
        throw new Error('the replica’s process has ended');
      }),
    ]);
    return message as Record<string, unknown>;
  };
  await answer();
  return {
    heapMb: async () => {
      const answered = answer();
      child.send('sample');
      const { heapMb, pauses } = await answered;
      if (typeof heapMb !== 'number' || pauses !== PAUSES)
        throw new Error(`the replica holds ${String(pauses)} pauses instead of ${PAUSES}`);
      return heapMb;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
    },
  };
}

const run = promisify(execFile);

async function residentMb(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1_024;
}

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createClient } from '@orchestra-brake/client';
import { createWorker } from '@orchestra-brake/worker';
import { z } from 'zod';
import { figure, median } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { interleave, type Take } from '../rounds.ts';
import { roundName } from '../words.ts';

const NAME = 'worker-cost';
const CONCURRENCIES = [1, 24, 100] as const;
const TASKS = { quick: 4_000, full: 20_000 } as const;
const MICROSECONDS_MAX = 8;

/**
 * CPU of this process for each task: of the library, less that of a bare loop that claims and ends as many in one call
 * over the same client. The service is a process that always has tasks; handlers do nothing.
 */
export const workerCost: Measure = {
  name: NAME,
  title: 'what the worker library adds to each task, over a bare loop with the same client',
  steps: ({ rounds }) => CONCURRENCIES.length * (rounds + 1),
  run: async ({ rounds, quick, step }) => {
    const service = fork(fileURLToPath(new URL('../ready-tasks-process.ts', import.meta.url)), { execArgv: [] });
    try {
      const [told] = await once(service, 'message');
      const { url } = z.object({ url: z.url() }).parse(told);
      const tasks = quick ? TASKS.quick : TASKS.full;
      const findings: Finding[] = [];
      for (const concurrency of CONCURRENCIES) {
        // A call costs what it costs: with one task in each there are fewer of them.
        const count = concurrency === 1 ? tasks / 4 : tasks;
        const takes = new Map<string, Take>([
          ['library', () => ofLibrary(url, concurrency, count)],
          ['loop', () => ofLoop(url, concurrency, count)],
        ]);
        const figures = await interleave(
          { rounds, parts: 3, beforeRound: (round) => step(roundName(NAME, `concurrency ${concurrency}`, round)) },
          takes,
        );
        const each = figures('library').map((cpu, round) => cpu - (figures('loop')[round] ?? NaN));
        findings.push({
          measure: NAME,
          what: `concurrency ${concurrency}`,
          target: concurrency === 1 ? 'stated' : { atMost: MICROSECONDS_MAX },
          reached: median(each),
          unit: 'µs',
          rounds: each,
          detail:
            `${figure(median(figures('library')))} of the library, ${figure(median(figures('loop')))} of the ` +
            'loop, CPU per task',
        });
      }
      return { findings };
    } finally {
      service.disconnect();
    }
  },
};

async function ofLibrary(url: string, concurrency: number, tasks: number): Promise<number> {
  const enough = Promise.withResolvers<number>();
  let done = 0;
  let from = process.cpuUsage();
  const worker = createWorker({
    url,
    pauseUrl: url,
    token: 'orc_bench',
    name: NAME,
    concurrency,
    drainMs: 1_000,
    handlers: {
      '*': async () => {
        done += 1;
        if (done === concurrency) from = process.cpuUsage(); // it has started
        if (done === tasks + concurrency) enough.resolve(microseconds(from) / tasks);
      },
    },
  });
  await worker.start();
  const reached = await enough.promise;
  await worker.stop({ drainMs: 0 });
  return reached;
}

async function ofLoop(url: string, limit: number, tasks: number): Promise<number> {
  const client = createClient({ url, tasksUrl: url, token: 'orc_bench' });
  let ended: { as: 'completed'; id: string; run_id: string }[] = [];
  const from = process.cpuUsage();
  for (let done = 0; done < tasks; done += ended.length) {
    const answer = await client.claim({ worker: NAME, limit, wait_seconds: 0, ended });
    ended = answer.tasks.map(({ id, run_id }) => ({ as: 'completed', id, run_id }));
  }
  return microseconds(from) / tasks;
}

function microseconds(from: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(from);
  return user + system;
}

import { connectQueue } from '@orchestra-brake/worker/direct';
import { makePool } from '@orchestra/database';
import { enqueueTasks } from '@orchestra/task-queue';
import { newTask } from '@orchestra/task-queue/contract';
import { PgBoss } from 'pg-boss';
import { figure, median, ratios } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { interleave, type Take } from '../rounds.ts';
import { roundName } from '../words.ts';

const NAME = 'adding';
const QUEUE = 'noop';
const AGENTS = 20;
const TARGETS = new Map([
  [1, 1.8],
  [100, 1.4],
]);
const CALLS = {
  quick: new Map([
    [1, 100],
    [100, 20],
  ]),
  full: new Map([
    [1, 500],
    [100, 100],
  ]),
};

/** Both over one connection of this process, one call after the other; each call is a transaction. */
export const adding: Measure = {
  name: NAME,
  title: 'tasks/s added over one connection, over pg-boss `insert`',
  steps: ({ rounds }) => TARGETS.size * (rounds + 1),
  run: async ({ server, quick, rounds, step }) => {
    const ourUrl = await server.makeDatabase(`${NAME}-ours`);
    const bossUrl = await server.makeDatabase(`${NAME}-pg-boss`, { empty: true });
    const db = makePool({ connectionString: ourUrl, applicationName: 'bench', max: 1 });
    const queue = connectQueue({ databaseUrl: ourUrl });
    const boss = new PgBoss({ connectionString: bossUrl, schedule: false, supervise: false, max: 1 });
    boss.on('error', () => {}); // the call under way reports it
    try {
      await boss.start();
      await boss.createQueue(QUEUE);
      const findings: Finding[] = [];
      for (const [each, atLeast] of TARGETS) {
        const calls = (quick ? CALLS.quick : CALLS.full).get(each) ?? 1;
        const rate =
          (add: () => Promise<unknown>): Take =>
          async () => {
            const startedMs = performance.now();
            for (let call = 0; call < calls; call++) await add();
            return (calls * each) / ((performance.now() - startedMs) / 1_000);
          };
        const tasks = Array.from({ length: each }, (_, n) =>
          newTask.parse({ agent_id: `agent-${n % AGENTS}`, skill: QUEUE, payload: { n } }),
        );
        const jobs = Array.from({ length: each }, (_, n) => ({ data: { n } }));
        const figures = await interleave(
          { rounds, beforeRound: (round) => step(roundName(NAME, `${each} a call`, round)) },
          new Map([
            ['ours', rate(() => enqueueTasks(db, tasks, 'bench'))],
            ['direct', rate(() => queue.addTasks(tasks))],
            ['pg-boss', rate(() => boss.insert(QUEUE, jobs))],
          ]),
        );
        for (const [name, what] of [
          ['ours', ''],
          ['direct', ' by connectQueue'],
        ] as const) {
          const overPgBoss = ratios(figures(name), figures('pg-boss'));
          findings.push({
            measure: NAME,
            what: `${each} a call${what}`,
            target: { atLeast },
            reached: median(overPgBoss),
            rounds: overPgBoss,
            detail: `${figure(median(figures(name)))} over ${figure(median(figures('pg-boss')))} tasks/s`,
          });
        }
      }
      return { findings };
    } finally {
      await boss.stop({ graceful: false });
      await queue.close();
      await db.end();
      await server.dropDatabase(ourUrl);
      await server.dropDatabase(bossUrl);
    }
  },
};

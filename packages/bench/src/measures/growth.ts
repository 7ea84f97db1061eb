import type { Database } from '@orchestra/database';
import { listTasks, readQueueView } from '@orchestra/task-queue';
import { withClaimDatabase } from '../claim-database.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Finding, Measure } from '../measure.ts';
import { interleave, type Take } from '../rounds.ts';
import { roundName } from '../words.ts';

const NAME = 'growth';
const WAITING = 20_000;
const FINISHED = { quick: [50_000], full: [1_000_000], long: [1_000_000, 5_000_000] } as const;
const CHUNK = 250_000;
const LEASE_SECONDS = 60;
// One read takes a few milliseconds, so a figure is the mean of this number of reads.
const READS = 10;

const READS_OF = new Map<string, (db: Database) => Promise<unknown>>([
  ['`GET /api/queue`', (db) => readQueueView(db, LEASE_SECONDS)],
  ['`task list --status failed`, none', (db) => listTasks(db, { status: 'failed', limit: 50 })],
  ['`task list --agent`, one that no task carries', (db) => listTasks(db, { agentId: 'nobody', limit: 50 })],
]);

/** The same reads of two databases that differ in how many tasks have finished. */
export const growth: Measure = {
  name: NAME,
  title: 'what operators and scrapers read, behind finished tasks, over the same with none',
  steps: ({ rounds, quick, long }) => sizes({ quick, long }).length * (1 + READS_OF.size * (rounds + 1)),
  run: (bench) =>
    withClaimDatabase(bench, `${NAME}-none`, async ({ db: none }) => {
      await fill(none, 0);
      const findings: Finding[] = [];
      await withClaimDatabase(bench, `${NAME}-many`, async ({ db: many }) => {
        let finished = 0;
        for (const size of sizes(bench)) {
          bench.step(`${NAME}: ${figure(size)} finished tasks`);
          await fill(many, size - finished, finished === 0);
          finished = size;
          for (const [what, read] of READS_OF) {
            const figures = await interleave(
              { rounds: bench.rounds, beforeRound: (round) => bench.step(roundName(NAME, what, round)) },
              new Map([
                ['many', milliseconds(() => read(many))],
                ['none', milliseconds(() => read(none))],
              ]),
            );
            const rounds = ratios(figures('many'), figures('none'));
            findings.push({
              measure: NAME,
              what: `${what}, at ${figure(size)} finished`,
              target: { atMost: 1.5 },
              reached: median(rounds),
              rounds,
              detail: `${figure(median(figures('many')))} over ${figure(median(figures('none')))} ms`,
            });
          }
        }
      });
      return { findings };
    }),
};

const sizes = ({ quick, long }: { quick: boolean; long: boolean }): readonly number[] =>
  quick ? FINISHED.quick : long ? FINISHED.long : FINISHED.full;

/** Tasks that have succeeded, with the history that they leave, and behind them some that wait. */
async function fill(db: Database, finished: number, waits = true): Promise<void> {
  for (let left = finished; left > 0; left -= CHUNK) {
    await db.query(
      `
      with done as (
        insert into tasks (agent_id, skill, payload, created_by, status, worker_id, attempt)
        select 'agent-' || n % 20, 'skill-' || n % 7, jsonb_build_object('n', n), 'bench', 'succeeded', 'bench', 1
          from generate_series(1, $1::int) as n
        returning id
      ), batches as (
        select array_agg(d.id) as ids, array_agg(gen_random_uuid()) as runs from done d group by d.id / 24
      )
      insert into event_batches (kind, by, task_ids, run_ids, shared)
      select k.kind, 'bench', b.ids, b.runs, '{}'
        from batches b
       cross join (values ('claimed'), ('completed')) as k(kind)`,
      [Math.min(left, CHUNK)],
    );
  }
  if (waits) await loadTasks(db, { count: WAITING, agent: "'agent-' || n % 20", skill: "'skill-' || n % 7" });
  await comeToRest(db);
}

function milliseconds(read: () => Promise<unknown>): Take {
  return async () => {
    const startedMs = performance.now();
    for (let count = 0; count < READS; count++) await read();
    return (performance.now() - startedMs) / READS;
  };
}

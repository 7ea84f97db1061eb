import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@orchestra/database';
import { ClaimStrategyCache, enqueueTasks, tasksOf, turn } from '@orchestra/task-queue';
import { newTask, type Ending } from '@orchestra/task-queue/contract';
import { withClaimDatabase } from '../claim-database.ts';
import { cpuTimeUs, serverPid } from '../cpu-time.ts';
import { figure, median } from '../figures.ts';
import { comeToRest } from '../load-tasks.ts';
import type { Finding, Measure } from '../measure.ts';
import { withUpkeep } from '../upkeep.ts';

const NAME = 'steady';
const LINES = 2;
const BATCH = 24;
const AGENTS = 20;
const SLICE_MS = 3_000;
const SLICES = { quick: 3, full: 12, long: 60 } as const;

/** Two lines that each add, claim and end 24 tasks again and again, with nobody between them and the database. */
export const steady: Measure = {
  name: NAME,
  title: 'minutes of adding, claiming and ending, directly: no decay, and what each task leaves behind',
  steps: ({ quick, long }) => slices({ quick, long }),
  run: (bench) =>
    withClaimDatabase(bench, NAME, ({ url, db, claims }) =>
      withUpkeep(url, async () => {
        await comeToRest(db);
        const before = await historyBytes(db);
        const rates: number[] = [];
        const cpu: number[] = [];
        const ended = new AbortController();
        let finished = 0;
        const count = (ended: number): void => {
          finished += ended;
        };
        const working = Promise.all(
          Array.from({ length: LINES }, (_, line) => work(claims, `line-${line}`, ended.signal, count)),
        );
        working.catch(() => {}); // told where it is awaited
        try {
          const server = await serverPid(db);
          for (let slice = 0; slice < slices(bench); slice++) {
            bench.step(`${NAME}: slice ${slice + 1}`);
            const from = finished;
            const cpuFrom = await cpuOf(server);
            const startedMs = performance.now();
            await Promise.race([delay(SLICE_MS), working]);
            const cpuTo = await cpuOf(server);
            rates.push((finished - from) / ((performance.now() - startedMs) / 1_000));
            if (cpuFrom !== undefined && cpuTo !== undefined) cpu.push((cpuTo - cpuFrom) / (finished - from));
          }
        } finally {
          ended.abort();
          await working;
        }
        const third = Math.ceil(rates.length / 3);
        const [first, last] = [median(rates.slice(0, third)), median(rates.slice(-third))];
        const bytes = ((await historyBytes(db)) - before) / finished;
        const findings: Finding[] = [
          {
            measure: NAME,
            what: `the last third of ${figure((rates.length * SLICE_MS) / 1_000)} s, over the first`,
            target: { atLeast: 0.9 },
            reached: last / first,
            rounds: rates.map((rate) => rate / first),
            detail:
              `${figure(last)} over ${figure(first)} ` +
              `tasks/s${cpu.length === 0 ? '' : `; server CPU ${figure(median(cpu))} µs a task`}`,
          },
          {
            measure: NAME,
            what: 'history of a task',
            target: { atMost: 160 },
            reached: bytes,
            unit: 'B',
            rounds: [bytes],
            detail: `of ${figure(finished)} tasks, with indexes`,
          },
        ];
        return { findings };
      }),
    ),
};

const slices = ({ quick, long }: { quick: boolean; long: boolean }): number =>
  quick ? SLICES.quick : long ? SLICES.long : SLICES.full;

async function work(db: Database, worker: string, ended: AbortSignal, onEnded: (count: number) => void): Promise<void> {
  const ways = new ClaimStrategyCache();
  const tasks = Array.from({ length: BATCH }, (_, n) =>
    newTask.parse({ agent_id: `agent-${n % AGENTS}`, skill: 'noop', payload: { n } }),
  );
  let endings: Ending[] = [];
  while (!ended.aborted) {
    await enqueueTasks(db, tasks, 'bench');
    const answer = await turn(db, { endings, claim: { worker, limit: BATCH, host: 'bench', pid: process.pid } }, ways);
    onEnded(endings.length);
    endings = tasksOf(answer).map(({ id, run_id: runId }) => ({ as: 'completed', id, run_id: runId, result: null }));
  }
}

const cpuOf = async (server: number | undefined): Promise<number | undefined> =>
  server === undefined ? undefined : cpuTimeUs(server, { children: true });

async function historyBytes(db: Database): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ bytes: number }>(
    "select (pg_total_relation_size('task_event_rows') + pg_total_relation_size('event_batches'))::float8 as bytes",
  );
  return row?.bytes ?? NaN;
}

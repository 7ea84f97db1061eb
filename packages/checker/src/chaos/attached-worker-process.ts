// Workers of an attached pg-boss as a process: one under a role that the policy binds, one as a superuser. They write
// down what their claims bring, and when a bound claim brings nothing although free jobs wait.
import { setTimeout as delay } from 'node:timers/promises';
import { makePool } from '@orchestra/database';
import { withTimeout } from '@orchestra/timing';
import { PgBoss } from 'pg-boss';
import { z } from 'zod';
import { ATTACHED_QUEUE } from './attached-queue.ts';
import { Recorder } from './recorder.ts';
import { seededRandom } from './seeded-random.ts';
import { labelsOf, someLabels, type TaskLabels } from './workload.ts';

const settings = z
  .object({
    CHAOS_NAME: z.string(),
    CHAOS_HISTORY: z.string(),
    CHAOS_BOUND_URL: z.string(),
    CHAOS_UNBOUND_URL: z.string(),
  })
  .parse(process.env);
const SEED = 4_711;
const GAP_MS = 150;
const WAITING_MAX = 40;
const ADDED = 10;
// A call over a way that swallows everything: the next one takes another connection.
const PATIENCE_MS = 10_000;

const recorder = new Recorder(settings.CHAOS_HISTORY, settings.CHAOS_NAME);
const random = seededRandom(SEED + process.pid);
const looks = makePool({
  connectionString: settings.CHAOS_UNBOUND_URL,
  applicationName: 'the watcher of the attached queue',
  max: 2,
});
let stopping = false;

// Of the jobs that nobody has: those that no pause covers which has not been cleared since $2. Of $1 only, where that
// is given.
const FREE = `
select clock_timestamp()::text as at, coalesce(array_agg(w.job), '{}') as jobs
  from orchestra_work_pg_boss w join pgboss.job j on j.id::text = w.job
 where w.state = 'waiting' and j.state = 'created' and j.start_after <= now()
   and ($1::text[] is null or w.job = any ($1))
   and not exists (select
                     from senate_pause p
                    where (p.cleared_at is null or p.cleared_at >= $2::timestamptz)
                      and w.scopes @> pause_labels(p.scope_kind, p.scope_value, p.also))`;

async function free(among: readonly string[] | null, since: string | null): Promise<{ at: string; jobs: string[] }> {
  const {
    rows: [row],
  } = await looks.query<{ at: string; jobs: string[] }>(FREE, [among, since]);
  return row ?? { at: '', jobs: [] };
}

async function addJobs(): Promise<void> {
  const {
    rows: [row],
  } = await looks.query<{ waiting: number }>(
    "select count(*)::int as waiting from pgboss.job j where j.state = 'created'",
  );
  if ((row?.waiting ?? WAITING_MAX) >= WAITING_MAX) return;
  const jobs = Array.from({ length: ADDED }, () => someLabels(random));
  await looks.query(
    `insert into pgboss.job_common (name, data, policy, retry_limit, retry_delay) select $1, j.data, 'standard', 1000, 0
       from jsonb_array_elements($2::jsonb) as j(data)`,
    [ATTACHED_QUEUE, JSON.stringify(jobs)],
  );
}

async function fetchAndEnd(boss: PgBoss): Promise<number> {
  const id = recorder.nextId();
  recorder.write({ op: 'attached.claim', phase: 'invoke', id });
  try {
    const jobs = await within(boss.fetch<TaskLabels>(ATTACHED_QUEUE, { batchSize: 1 }));
    recorder.write({
      op: 'attached.claim',
      phase: 'ok',
      id,
      jobs: jobs.map((job) => ({ job: job.id, ...labelsOf(job.data) })),
    });
    for (const job of jobs)
      await within(random.chance(0.2) ? boss.fail(ATTACHED_QUEUE, job.id) : boss.complete(ATTACHED_QUEUE, job.id));
    return jobs.length;
  } catch (error) {
    recorder.write({
      op: 'attached.claim',
      phase: 'info',
      why: error instanceof Error ? error.message : String(error),
      id,
    });
    throw error;
  }
}

async function boundTurn(boss: PgBoss): Promise<void> {
  await addJobs();
  const before = await free(null, null);
  if ((await fetchAndEnd(boss)) > 0) return;
  const still = await free(before.jobs, before.at);
  recorder.write({ op: 'attached.idle', phase: 'ok', id: recorder.nextId(), free: still.jobs.length });
}

async function work(connectionString: string, turn: (boss: PgBoss) => Promise<unknown>): Promise<void> {
  let boss: PgBoss | undefined;
  while (!stopping) {
    try {
      boss ??= await started(connectionString);
      await turn(boss);
    } catch {
      // The database cannot be reached; what a claim met is written down.
      boss?.stop({ graceful: false }).catch(() => {});
      boss = undefined;
    }
    await delay(GAP_MS);
  }
}

async function started(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString, migrate: false, supervise: false, schedule: false, max: 2 });
  boss.on('error', () => {}); // what a call could not do is its own error
  await within(boss.start());
  return boss;
}

function within<T>(call: Promise<T>): Promise<T> {
  return withTimeout(call, PATIENCE_MS, (): never => {
    throw new Error('no answer in time');
  });
}

process.once('SIGTERM', () => {
  stopping = true;
  setTimeout(() => process.exit(0), 2 * GAP_MS);
});
process.once('disconnect', () => process.exit(1)); // the process that started it is gone
if (!process.connected) process.exit(1); // already
process.send?.({ ready: true });
await Promise.all([work(settings.CHAOS_BOUND_URL, boundTurn), work(settings.CHAOS_UNBOUND_URL, fetchAndEnd)]);

import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, type Client } from '@orchestra-brake/client';
import type { Database } from '@orchestra/database';
import type { ClaimedTask, Ending, NewTask } from '@orchestra/task-queue/contract';
import { startFleet } from './fleet.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

export interface CrowdOptions {
  seed: number;
  runMs: number;
}

export interface CrowdReport {
  seed: number;
  calls: number;
  /**
   * Answers by what they were: `ok`, or the code of a refusal. A crowd is refused much, because it wants the same
   * things.
   */
  answers: Record<string, number>;
  /** What the server has counted; two transactions that waited for each other. */
  deadlocks: number;
}

// Repos that collations sort otherwise than code points do; null: none.
const REPOS = ['alpha', 'Beta', 'web-app', 'web_api', 'webapp', null] as const;
// Taken away soon, so that the reaper meets endings that come late.
const LEASE_SECONDS = 2;
// What people do by hand, many rows at a time, as docs/operations.md lets them. Of tasks in the order of
// docs/locking.md: no trigger can sort those.
const BY_HAND = [
  `update tasks set paused_at = now()
     where id in (select t.id
                    from tasks t
                   where t.status = 'queued'
                     and t.paused_at is null
                   order by t.id
                   limit 8 for no key update)`,
  `update tasks set paused_at = null
     where id in (select t.id
                    from tasks t
                   where t.paused_at is not null
                     and t.questions is null
                   order by t.id for no key update)`,
  `update tasks set status = 'queued', crashes = 0, next_eligible_at = now()
     where id in (select t.id from tasks t where t.status = 'failed' order by t.id for no key update)`,
  'update repo_gates set frozen_at = null',
  "update repo_gates set frozen_at = now() where repo in ('web_api', 'alpha')",
] as const;

/**
 * A crowd that adds, claims, ends, parks, freezes and pauses the same few tasks and repos in every order, from many
 * sides, on tables that are never analyzed, beside two reapers. Nothing else is disturbed. It shows that nobody waits
 * for each other in a circle ([locking.md](../../../../docs/locking.md)).
 */
export async function runCrowd({ seed, runMs }: CrowdOptions): Promise<CrowdReport> {
  const fleet = await startFleet({
    leaseSeconds: LEASE_SECONDS,
    workers: 0,
    cascades: 1,
    postgresSettings: { autovacuum: 'off', deadlock_timeout: '30ms' },
  });
  try {
    const report: CrowdReport = { seed, calls: 0, answers: {}, deadlocks: 0 };
    const random = seededRandom(seed);
    const over = AbortSignal.timeout(runMs);
    const shared: ClaimedTask[] = [];
    const act = async <T>(call: Promise<T>): Promise<T | undefined> => {
      report.calls += 1;
      const answer = await call.then(
        (value) => ({ value, as: 'ok' }),
        (error: unknown) => ({ value: undefined, as: codeOf(error) }),
      );
      report.answers[answer.as] = (report.answers[answer.as] ?? 0) + 1;
      return answer.value;
    };
    const party = async (
      name: string,
      gapMs: number,
      turn: (dice: SeededRandom) => Promise<unknown>,
    ): Promise<void> => {
      const dice = random.fork(name);
      while (!over.aborted) {
        await turn(dice);
        await delay(dice.between(0, gapMs));
      }
    };
    await Promise.all([
      ...['adds', 'adds too'].map((name) =>
        party(name, 200, (dice) => act(fleet.client.enqueue({ tasks: newTasks(dice) }))),
      ),
      ...['a', 'b', 'c', 'd'].map((worker) =>
        party(worker, 60, (dice) => claimAndEnd(fleet.client, worker, dice, shared, act)),
      ),
      // The same endings from another side, in another order.
      ...['ends', 'ends too'].map((name) =>
        party(name, 100, (dice) => {
          const some = shuffled(dice, shared.slice(-40)).slice(0, 12);
          return some.length === 0
            ? Promise.resolve()
            : act(fleet.client.finish({ ended: some.map((task) => ending(dice, task)) }));
        }),
      ),
      party('gates', 60, (dice) => act(atGates(fleet.client, dice))),
      party('pauses', 300, (dice) =>
        act<unknown>(
          dice.chance(0.5)
            ? fleet.client.pause({
                scope_kind: 'agent',
                scope_value: `agent-${dice.between(0, 2)}`,
                reason: 'crowd',
                ttl_seconds: 1,
              })
            : fleet.client.unpause({
                scope_kind: 'agent',
                scope_value: `agent-${dice.between(0, 2)}`,
                reason: 'crowd',
              }),
        ),
      ),
      party('by hand', 300, (dice) => act(fleet.witness.query(dice.pick(BY_HAND)))),
    ]);
    report.deadlocks = await countDeadlocks(fleet.witness);
    return report;
  } finally {
    await fleet.close();
  }
}

/** Deadlocks that the server has counted in this database. */
export async function countDeadlocks(db: Database): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ deadlocks: number }>(
    'select d.deadlocks::int as deadlocks from pg_stat_database d where d.datname = current_database()',
  );
  return row?.deadlocks ?? 0;
}

/** For people, in a line. */
export function describeCrowd({ seed, calls, answers, deadlocks }: CrowdReport): string {
  return `crowd, seed ${seed}: ${calls} calls (${Object.entries(answers)
    .map(([as, count]) => `${count} ${as}`)
    .join(', ')}); ${deadlocks} deadlocks`;
}

/** Nobody waited in a circle, nothing went wrong inside, and most of it was done. */
export function crowdPassed({ calls, answers, deadlocks }: CrowdReport): boolean {
  return (
    deadlocks === 0 &&
    (answers['internal_error'] ?? 0) === 0 &&
    (answers['database_unavailable'] ?? 0) === 0 &&
    (answers['ok'] ?? 0) > calls / 2
  );
}

async function claimAndEnd(
  client: Client,
  worker: string,
  dice: SeededRandom,
  shared: ClaimedTask[],
  act: <T>(call: Promise<T>) => Promise<T | undefined>,
): Promise<void> {
  const mine = shuffled(
    dice,
    shared.filter(() => dice.chance(0.2)),
  );
  const ended = dice.chance(0.5) ? mine.slice(0, 10).map((task) => ending(dice, task)) : [];
  const claimed =
    (await act(client.claim({ worker, limit: dice.between(1, 12), ...(ended.length > 0 ? { ended } : {}) })))?.tasks ??
    [];
  shared.push(...claimed);
  if (shared.length > 80) shared.splice(0, 40);
  for (const task of claimed.slice(0, dice.between(0, 3))) {
    await act(
      dice.pick([
        () => client.hold(task.id, { run_id: task.run_id, says: 'crowd' }),
        () => client.retry(task.id, { run_id: task.run_id, says: 'crowd' }),
        () => client.needsInput(task.id, { run_id: task.run_id, questions: 'crowd?' }),
        () => client.parkRun(task.id, { run_id: task.run_id, reason: 'crowd' }),
        () => client.release(task.id, { run_id: task.run_id, cause: 'shutdown' }),
      ])(),
    );
  }
}

function atGates(client: Client, dice: SeededRandom): Promise<unknown> {
  const repo = dice.pick(['alpha', 'Beta', 'web-app', 'web_api', 'webapp']);
  return dice.pick([
    () => client.thawRepo({ repo }),
    () => client.thawRepo({ repo }),
    () => client.freezeRepo({ repo, reason: 'crowd', new: true }),
    () => client.limitRepo({ repo, max_in_progress: dice.between(1, 5) }),
  ])();
}

function newTasks(dice: SeededRandom): NewTask[] {
  return Array.from({ length: dice.chance(0.2) ? 40 : 4 }, () => ({
    repo: dice.pick(REPOS),
    agent_id: `agent-${dice.between(0, 2)}`,
    ...(dice.chance(0.3) ? { pipeline: 'default' } : { skill: `skill-${dice.between(0, 2)}` }),
    max_attempts: 100,
    max_crashes: 100,
    ...(dice.chance(0.1) ? { not_before: new Date(Date.now() + dice.between(0, 2_000)).toISOString() } : {}),
  }));
}

function ending(dice: SeededRandom, { id, run_id }: ClaimedTask): Ending {
  return dice.pick([
    { as: 'completed' as const, id, run_id, result: null },
    { as: 'failed' as const, id, run_id, error: 'crowd', retry: true },
    { as: 'released' as const, id, run_id, cause: 'pause' as const },
  ]);
}

function shuffled<T>(dice: SeededRandom, list: readonly T[]): T[] {
  return list
    .map((one) => ({ one, at: dice.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

function codeOf(error: unknown): string {
  if (error instanceof ApiError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}

import { inTransaction } from '@orchestra/database';
import { pauseScope } from '@orchestra/pause-core';
import {
  advanceHorizon,
  answerQuestion,
  askQuestion,
  claimTasks,
  ClaimStrategyCache,
  completeRun,
  deferPaused,
  dropEmptyLanes,
  finishRuns,
  enqueueTasks,
  failRun,
  freezeRepo,
  holdRun,
  limitRepo,
  admitDueTasks,
  parkTask,
  advanceLaneHeads,
  reapRuns,
  releaseRun,
  resumeHeld,
  retryRun,
  thawRepo,
  unparkTask,
  type HorizonLook,
} from '@orchestra/task-queue';
import type { SeededRandom } from '../chaos/seeded-random.ts';
import { drawActs, type Act } from './draw-acts.ts';
import { compareGatesAndLanes } from './gates-and-lanes.ts';
import type { Property, Trial } from './property.ts';
import { OwnedRuns, taskForTrial } from './task-for-trial.ts';

// Repos that collations sort otherwise than code points do.
const REPOS = ['a', 'B', 'c', 'd'] as const;
const AGENTS = ['x', 'y', null] as const;
const SKILLS = ['s', 't'] as const;
const SIDES = 4;
const STILL_EVERY = 250;
const TASKS_MAX = 400;
const BY = 'trial';

/**
 * Whatever is done to tasks and gates, by calls and by hand: the gates say what the tasks are, and a search can find
 * every task that waits.
 */
export const gatesProperty: Property = {
  name: 'P9 gates and lanes agree with their tasks',
  check: async (trial) => {
    const { db, random, operations } = trial;
    await drawActs({
      acts: actsOf(trial),
      sides: SIDES,
      operations,
      random,
      stillEvery: STILL_EVERY,
      atStandstill: async () => {
        await compareGatesAndLanes(db);
        await db.query("delete from tasks where status in ('succeeded', 'failed', 'cancelled')");
        await db.query("delete from tasks where status = 'queued' and id < (select max(t.id) - $1 from tasks t)", [
          TASKS_MAX,
        ]);
      },
    });
  },
};

function actsOf({ db, claims }: Trial): Record<string, Act> {
  const runs = new OwnedRuns();
  const ways = new ClaimStrategyCache();
  let horizon: HorizonLook | null = null;
  const anyTask = async (where: string, then: (id: string) => Promise<unknown>): Promise<void> => {
    const {
      rows: [task],
    } = await db.query<{ id: string }>(`select t.id from tasks t where ${where} order by random() limit 1`);
    if (task !== undefined) await then(task.id);
  };
  const byHand = (where: string, change: string): Promise<void> =>
    anyTask(where, (id) => db.query(`update tasks set ${change} where id = $1`, [id]));
  const add: Act = async (random) =>
    enqueueTasks(
      db,
      Array.from({ length: random.between(1, 3) }, () =>
        taskForTrial({
          repo: random.chance(0.9) ? random.pick(REPOS) : null,
          agent_id: random.pick(AGENTS),
          priority: random.between(-2, 2),
          ...(random.chance(0.3)
            ? { pipeline: 'default' }
            : {
                skill: random.pick(SKILLS),
                ...(random.chance(0.2)
                  ? { not_before: new Date(Date.now() + random.between(0, 400)).toISOString() }
                  : {}),
              }),
        }),
      ),
      BY,
    );
  const end = (random: SeededRandom) => async (): Promise<void> => {
    const ended = [runs.take(random), runs.take(random)].filter((run) => run !== undefined);
    runs.add(
      await inTransaction(claims, async (tx) => {
        await finishRuns(
          tx,
          ended.map(({ id, run_id }) =>
            random.pick([
              { as: 'completed' as const, id, run_id, result: null },
              { as: 'failed' as const, id, run_id, error: BY, retry: true },
              { as: 'released' as const, id, run_id, cause: 'pause' as const },
            ]),
          ),
        );
        return claimTasks(tx, { worker: BY, limit: 2 }, ways);
      }),
    );
  };
  const complete: Act = (random) => runs.end(random, (run) => completeRun(claims, run.id, run.run_id, {}));
  const unpark: Act = () => anyTask('t.paused_at is not null', (id) => unparkTask(db, id, { name: BY }));
  const thaw: Act = (random) => thawRepo(db, random.pick(REPOS), BY);
  return {
    add,
    complete,
    unpark,
    thaw,
    'complete too': complete,
    'unpark too': unpark,
    'thaw too': thaw,
    claim: async (random) =>
      runs.add(
        await claimTasks(
          claims,
          { worker: BY, limit: random.pick([1, 2, 5]), gatedRepos: random.chance(0.85) ? null : ['a', 'B'] },
          ways,
        ),
      ),
    'end and claim': (random) => end(random)(),
    fail: (random) =>
      runs.end(random, (run) => failRun(claims, run.id, run.run_id, { error: BY, retry: random.chance(0.8) })),
    release: (random) => runs.end(random, (run) => releaseRun(claims, run.id, run.run_id, { cause: 'pause' })),
    hold: (random) => runs.end(random, (run) => holdRun(claims, run.id, run.run_id, { says: BY })),
    retry: (random) => runs.end(random, (run) => retryRun(claims, run.id, run.run_id, { says: BY })),
    ask: (random) =>
      runs.end(random, (run) => askQuestion(db, run.id, run.run_id, '?', random.chance(0.5) ? null : [])),
    answer: () => anyTask('t.questions is not null and t.answer is null', (id) => answerQuestion(db, id, 'yes', BY)),
    'resume held': () => anyTask("t.status = 'held'", (id) => resumeHeld(db, id, BY, null)),
    park: () => anyTask("t.status in ('queued', 'running', 'held')", (id) => parkTask(db, id, { name: BY }, BY)),
    freeze: (random) => freezeRepo(db, random.pick(REPOS), BY, BY),
    limit: (random) => limitRepo(db, random.pick(REPOS), BY, random.between(1, 3)),
    reap: async () => {
      await byHand("t.status = 'running'", "heartbeat_at = now() - interval '1 hour'");
      await reapRuns(claims, 60);
    },
    'another repo': (random) => byHand('true', `repo = ${random.pick(["'a'", "'B'", "'c'", "'d'", 'null'])}`),
    'another priority': (random) => byHand("t.status in ('queued', 'running')", `priority = ${random.between(-4, 4)}`),
    'another agent': (random) => byHand("t.status in ('queued', 'running')", `agent_id = '${random.pick(['x', 'y'])}'`),
    cancel: () => byHand("t.status = 'queued'", "status = 'cancelled'"),
    'queue again': () => byHand("t.status in ('failed', 'cancelled')", "status = 'queued'"),
    delete: () => anyTask("t.status <> 'running'", (id) => db.query('delete from tasks where id = $1', [id])),
    later: () => byHand("t.status = 'queued'", "in_line = false, next_eligible_at = now() + interval '0.2 s'"),
    due: () => byHand("t.status = 'queued' and t.next_eligible_at > now()", 'next_eligible_at = now()'),
    'line up': () => admitDueTasks(db),
    'drop lanes': () => dropEmptyLanes(db),
    'raise heads': () => advanceLaneHeads(db, 1_000),
    defer: () => deferPaused(db),
    horizon: async () => {
      horizon = await advanceHorizon(db, horizon);
    },
    pause: async (random) =>
      random.chance(0.3)
        ? pauseScope(db, { scope: { kind: 'agent', value: 'x' }, reason: BY, ttlSeconds: 1, by: BY, source: 'person' })
        : undefined,
  };
}

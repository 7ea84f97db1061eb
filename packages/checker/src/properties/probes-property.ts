import {
  closeExpiredPauses,
  extendPause,
  pauseScope,
  stayPauses,
  unpauseScope,
  type PauseThen,
  type Scope,
} from '@orchestra/pause-core';
import {
  claimTasks,
  completeRun,
  deferPaused,
  enqueueTasks,
  failRun,
  holdRun,
  advanceProbes,
  parkTask,
  releaseRun,
  retryRun,
  unmarkLeftOver,
  verifyClaims,
} from '@orchestra/task-queue';
import { drawActs, type Act } from './draw-acts.ts';
import type { Property, Trial } from './property.ts';
import { OwnedRuns, taskForTrial } from './task-for-trial.ts';

const SCOPES: readonly Scope[] = [
  { kind: 'agent', value: 'a' },
  { kind: 'agent', value: 'b' },
  { kind: 'skill', value: 's' },
  { kind: 'skill', value: 't' },
  { kind: 'actor', value: 'm' },
  { kind: 'agent', value: 'a', also: { skill: 's' } },
  { kind: 'fleet', value: '*' },
];
const THENS: readonly PauseThen[] = ['probe', 'probe', 'probe', 'probe', 'stay', 'resume'];
const SIDES = 3;
const STILL_EVERY = 250;
const PAUSES_MAX = 3;
const CLAIMS_MAX = 100_000;
const BY = 'trial';

/**
 * Pauses of every ending over one another: no claim takes what its own snapshot shows as paused, and a pause lets one
 * probe run at a time.
 */
export const probesProperty: Property = {
  name: 'P1 P7 probes under pauses that overlap',
  check: async (trial) => {
    const { db, random, operations } = trial;
    await drawActs({
      acts: actsOf(trial),
      sides: SIDES,
      operations,
      random,
      stillEvery: STILL_EVERY,
      atStandstill: () => probesAreAlone(trial),
    });
    const { violations } = await verifyClaims(db, { limit: CLAIMS_MAX });
    if (violations.length > 0)
      throw new Error(`${violations.length} claims under a pause that they saw: ${JSON.stringify(violations[0])}`);
    const { rows: marked } = await db.query(
      "select t.id, t.status from tasks t where t.probe_of is not null and t.status not in ('queued', 'running')",
    );
    if (marked.length > 0)
      throw new Error(`tasks that have ended and still count as probes: ${JSON.stringify(marked)}`);
  },
};

/**
 * One statement, so that it sees one moment: right also while others work. Probes of other pauses that ran already when
 * a pause began to probe go on beside one another; of those that begin later, each runs alone.
 */
async function probesAreAlone({ db }: Trial): Promise<void> {
  const { rows } = await db.query(
    `select p.id, p.paused_at, p.probing_at,
            jsonb_agg(jsonb_build_object('id', t.id, 'of', t.probe_of, 'started_at', t.started_at)) as probes
       from active_pauses p
       join tasks t on t.probe_of is not null and t.status = 'running'
        and pause_covers(p.scope_kind, p.scope_value, p.also, t.agent_id, t.skill, t.quest_id, t.actor_id)
      where p.probing_at is not null and exists (select
                                                   from active_pauses o
                                                  where o.id = t.probe_of
                                                    and o.probe_task_id = t.id)
      group by p.id, p.paused_at, p.probing_at having count(*) > 1 and bool_or(t.started_at > p.probing_at)`,
  );
  if (rows.length > 0) throw new Error(`two probes at a time under one pause: ${JSON.stringify(rows)}`);
}

function actsOf(trial: Trial): Record<string, Act> {
  const { db, claims } = trial;
  const runs = new OwnedRuns();
  const anyPause = async (where: string, then: (id: string) => Promise<unknown>): Promise<void> => {
    const {
      rows: [pause],
    } = await db.query<{ id: string }>(`select p.id from active_pauses p where ${where} order by random() limit 1`);
    if (pause !== undefined) await then(pause.id);
  };
  const add: Act = (random) =>
    enqueueTasks(
      db,
      Array.from({ length: 3 }, () =>
        taskForTrial({
          agent_id: random.pick(['a', 'b', 'c']),
          skill: random.pick(['s', 't']),
          actor_id: random.pick(['m', null]),
          repo: random.pick([null, null, 'r']),
          priority: random.between(0, 1),
        }),
      ),
      BY,
    );
  const claim: Act = async (random) => runs.add(await claimTasks(claims, { worker: BY, limit: random.pick([1, 3]) }));
  const end: Act = (random) =>
    runs.end(random, ({ id, run_id }) =>
      random.pick([
        () => completeRun(claims, id, run_id, null),
        () => completeRun(claims, id, run_id, null),
        () => failRun(claims, id, run_id, { error: BY, retry: true }),
        () => releaseRun(claims, id, run_id, { cause: 'shutdown' }),
        () => holdRun(claims, id, run_id, { says: BY }),
        () => retryRun(claims, id, run_id, { says: BY }),
      ])(),
    );
  const probes: Act = () => advanceProbes(db);
  return {
    add,
    claim,
    end,
    probes,
    'claim too': claim,
    'claim as well': claim,
    'end too': end,
    'end as well': end,
    'probes too': probes,
    pause: async (random) => {
      const {
        rows: [row],
      } = await db.query<{ active: number }>('select count(*)::int as active from active_pauses');
      if ((row?.active ?? 0) >= PAUSES_MAX) return;
      await pauseScope(db, {
        scope: random.pick(SCOPES),
        reason: BY,
        ttlSeconds: random.between(1, 2),
        endsAs: random.pick(THENS),
        by: BY,
        source: 'person',
      });
    },
    extend: async (random) => {
      if (random.chance(0.02)) await anyPause('true', (id) => extendPause(db, { id, ttlSeconds: 1, by: BY }));
    },
    clear: async (random) => {
      if (random.chance(0.02)) await anyPause('true', (id) => unpauseScope(db, { target: { id }, by: BY }));
    },
    'clear one that stays': async (random) => {
      if (random.chance(0.1))
        await anyPause('p.stayed_at is not null', (id) => unpauseScope(db, { target: { id }, by: BY }));
    },
    park: async (random) => {
      const {
        rows: [task],
      } = await db.query<{ id: string }>(
        "select t.id from tasks t where t.status = 'queued' and t.probe_of is not null limit 1",
      );
      if (task !== undefined && random.chance(0.3)) await parkTask(db, task.id, { name: BY }, BY);
    },
    sweep: async () => {
      await closeExpiredPauses(db);
      await stayPauses(db);
      await unmarkLeftOver(db, BY);
      await deferPaused(db);
    },
    due: () =>
      db.query(
        `update tasks set next_eligible_at = now()
           where status = 'queued' and next_eligible_at > now() and deferred_by is null and id % 7 = 0`,
      ),
    look: () => probesAreAlone(trial),
  };
}

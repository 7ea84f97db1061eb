import type { Database } from '@orchestra/database';
import {
  autoPauseCandidates,
  AUTO_PAUSER,
  checkAutoPause,
  pauseScope,
  recordAlert,
  unpauseScope,
  type Scope,
} from '@orchestra/pause-core';
import { claimTasks, deferPaused, enqueueTasks } from '@orchestra/task-queue';
import { newTask, type NewTask } from '@orchestra/task-queue/contract';
import { claim, clear, LEASE_SECONDS, pause, reap, tell, type Owned } from './acts.ts';
import type { Scenario } from './explore.ts';
import { HELD_UP_LOCK } from './held-up-lock.ts';

const A: Scope = { kind: 'agent', value: 'a' };
const Q: Scope = { kind: 'quest', value: 'q' };
const BOTH: Scope = { kind: 'quest', value: 'q', also: { agent: 'a' } };
const FLEET: Scope = { kind: 'fleet', value: '*' };
const ACTOR = 'acct-1';

// The scenarios in which it is a step of its own are the first and the third.
const INSERT_OF_A_PAUSE = /^\s*insert into senate_pause/;

/** Every two or three of pause, claim, finish, reap and clear that can get in each other's way. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'P1 P2 pause × claim × claim',
    begin: async (db) => {
      await add(db, { agent_id: 'a' }, {}, { agent_id: 'a', quest_id: 'q' });
      return {
        actors: {
          pauser: (stage) => pause(stage, A),
          'claimer 1': (stage) => claim(stage, { limit: 1 }),
          'claimer 2': (stage) => claim(stage, { limit: 2 }),
        },
      };
    },
  },
  {
    name: 'P1 P2 pause × claim by lanes',
    begin: async (db) => {
      await add(db, { agent_id: 'a' }, {}, { agent_id: 'a', quest_id: 'q' });
      return { actors: { pauser: (stage) => pause(stage, Q), claimer: (stage) => claim(stage, { gatedRepos: [] }) } };
    },
  },
  {
    name: 'P1 P2 P19 a pause of the whole fleet × claim',
    begin: async (db) => {
      await add(db, {}, { agent_id: 'a' }, { repo: 'r' });
      return { actors: { pauser: (stage) => pause(stage, FLEET), claimer: (stage) => claim(stage) } };
    },
  },
  {
    name: 'P1 P2 P19 a pause of two labels × claim',
    begin: async (db) => {
      await add(
        db,
        { agent_id: 'a' },
        { quest_id: 'q' },
        { agent_id: 'a', quest_id: 'q' },
        { agent_id: 'a', quest_id: 'q', repo: 'r' },
      );
      return {
        actors: { pauser: (stage) => pause(stage, BOTH), claimer: (stage) => claim(stage) },
        // What carries one of the two labels goes on.
        atEnd: async (_db, log) =>
          log.claims.flatMap(({ tasks }) => tasks).length >= 2
            ? []
            : ['P19: a task with one of the two labels was held'],
      };
    },
  },
  {
    name: 'P1 P9 pause × clear × claim',
    begin: async (db) => {
      await add(db, { agent_id: 'a' }, {}, { agent_id: 'a' });
      return {
        actors: {
          pauser: (stage) => pause(stage, A),
          clearer: (stage) => clear(stage, A),
          claimer: (stage) => claim(stage, { limit: 2 }),
        },
        // Who clears before the pause has committed finds nothing, and the pause stands.
        atEnd: async (_db, log) => (log.pauses.length === 1 ? [] : ['P7: the pause was lost']),
      };
    },
  },
  {
    name: 'P7 two pauses × a clear of one × claim',
    goAlong: INSERT_OF_A_PAUSE,
    begin: async (db) => {
      await add(db, { agent_id: 'a', quest_id: 'q' }, { quest_id: 'q' }, { agent_id: 'a' });
      const { pause: of } = await pauseScope(db, {
        scope: A,
        reason: 'stepped',
        ttlSeconds: null,
        by: 'first',
        source: 'person',
      });
      return {
        actors: {
          pauser: (stage) => pause(stage, Q),
          clearer: (stage) => clear(stage, { id: of.id }),
          claimer: (stage) => claim(stage),
        },
      };
    },
  },
  {
    name: 'P7 a clear of one of two pauses on a scope × claim',
    begin: async (db) => {
      await add(db, { agent_id: 'a' });
      const standing = await pauseScope(db, {
        scope: A,
        reason: 'stays',
        ttlSeconds: null,
        by: 'dana',
        source: 'machine',
      });
      const cleared = await pauseScope(db, { scope: A, reason: 'ends', ttlSeconds: null, by: 'sam', source: 'person' });
      return {
        actors: { clearer: (stage) => clear(stage, { id: cleared.pause.id }), claimer: (stage) => claim(stage) },
        atEnd: async (at, log) => {
          const { rows } = await at.query('select from active_pauses p where p.id = $1', [standing.pause.id]);
          return [
            ...(rows.length === 1 ? [] : ['P7: another pause than the one named was cleared']),
            ...(log.claims.some(({ tasks }) => tasks.length > 0)
              ? ['P7: a claim went through the pause that stands']
              : []),
          ];
        },
      };
    },
  },
  {
    name: 'P2 a claim that is held up in its statement × pause',
    goAlong: INSERT_OF_A_PAUSE,
    begin: async (db) => {
      await add(db, { agent_id: 'a' }, {});
      return {
        actors: {
          // Never met by a claim as built. A claim that takes its lock too late is held up where its snapshot is taken
          // and its lock is not.
          holder: async ({ db: at }) => {
            await at.query('select pg_advisory_lock($1)', [HELD_UP_LOCK]);
            await at.query('select pg_advisory_unlock($1)', [HELD_UP_LOCK]);
          },
          claimer: (stage) => claim(stage),
          pauser: (stage) => pause(stage, A),
        },
      };
    },
  },
  {
    name: 'P2 release × pause × claim',
    goAlong: INSERT_OF_A_PAUSE,
    begin: async (db) => {
      const run = await begun(db, { agent_id: 'a' });
      await add(db, { agent_id: 'a' });
      return {
        actors: {
          owner: (stage) => tell(stage, 'released', run),
          pauser: (stage) => pause(stage, A),
          claimer: (stage) => claim(stage),
        },
      };
    },
  },
  {
    name: 'P10 an owner that comes late × reap × claim',
    begin: async (db) => {
      const run = await silent(db);
      return {
        actors: { owner: (stage) => tell(stage, 'completed', run), reaper: reap, claimer: (stage) => claim(stage) },
      };
    },
  },
  {
    name: 'P10 an owner that comes late × reap × claim and completion',
    begin: async (db) => {
      const run = await silent(db);
      return {
        actors: {
          owner: (stage) => tell(stage, 'released', run),
          reaper: reap,
          claimer: async (stage) => {
            const mine = await claim(stage);
            if (mine !== undefined) await tell(stage, 'completed', mine);
          },
        },
      };
    },
  },
  {
    name: 'P10 a late heartbeat × reap × claim',
    begin: async (db) => {
      const run = await silent(db);
      return {
        actors: { owner: (stage) => tell(stage, 'heartbeat', run), reaper: reap, claimer: (stage) => claim(stage) },
      };
    },
  },
  {
    name: 'P10 two claims × reap',
    begin: async (db) => {
      await silent(db);
      await add(db, {});
      return { actors: { 'claimer 1': (stage) => claim(stage), 'claimer 2': (stage) => claim(stage), reaper: reap } };
    },
  },
  {
    name: 'P9 deferral × clear × claim',
    begin: async (db) => {
      await add(db, { agent_id: 'a' }, {}, { agent_id: 'a' }, {});
      await pauseScope(db, { scope: A, reason: 'stepped', ttlSeconds: 3_600, by: 'first', source: 'person' });
      return {
        actors: {
          sweep: ({ db: at }) => deferPaused(at),
          clearer: (stage) => clear(stage, A),
          claimer: (stage) => claim(stage, { limit: 1 }),
        },
      };
    },
  },
  {
    name: 'P11 reap × pause × claim',
    goAlong: INSERT_OF_A_PAUSE,
    begin: async (db) => {
      await silent(db, { agent_id: 'a' });
      return {
        actors: { reaper: reap, pauser: (stage) => pause(stage, A), claimer: (stage) => claim(stage) },
        atEnd: async (at) => {
          const { rows } = await at.query("select from tasks t where t.status = 'queued' and t.attempt > 0");
          return rows.length === 0 ? [] : ['P11: an attempt was used up by a run that was taken away'];
        },
      };
    },
  },
  {
    name: 'P14 two judges of the same alerts',
    begin: async (db) => {
      await alerts(db, 3);
      return {
        actors: {
          'judge 1': ({ db: at }) => checkAutoPause(at, ACTOR),
          'judge 2': ({ db: at }) => checkAutoPause(at, ACTOR),
        },
        atEnd: (at) => autoPauses(at, 1),
      };
    },
  },
  {
    name: 'P14 a judge × a person who clears',
    begin: async (db) => {
      await alerts(db, 3);
      await checkAutoPause(db, ACTOR);
      return {
        actors: {
          judge: ({ db: at }) => checkAutoPause(at, ACTOR),
          clearer: (stage) => clear(stage, { kind: 'actor', value: ACTOR }),
        },
        atEnd: (at) => autoPauses(at, 1),
      };
    },
  },
  {
    name: 'P14 alerts that commit late × sweep',
    goAlong: /pg_advisory_xact_lock|last_auto|insert into senate_pause/,
    begin: async (db) => {
      await alerts(db, 1);
      const alert =
        (id: number) =>
        (stage: { db: Database }): Promise<unknown> =>
          recordAlert(stage.db, { kind: `alert ${id}`, ref_id: ACTOR, severity: 'critical', by: 'test' });
      const sweep = async (at: Database): Promise<void> => {
        for (const actor of await autoPauseCandidates(at)) await checkAutoPause(at, actor);
      };
      return {
        actors: { 'source 1': alert(1), 'source 2': alert(2), sweep: ({ db: at }) => sweep(at) },
        atEnd: async (at) => {
          await sweep(at);
          return autoPauses(at, 1);
        },
      };
    },
  },
];

function add(db: Database, ...tasks: NewTask[]): Promise<string[]> {
  return enqueueTasks(
    db,
    tasks.map((task) => newTask.parse(task)),
    'the beginning',
  );
}

/** A task of which a run has begun. */
async function begun(db: Database, task: NewTask = {}): Promise<Owned> {
  await add(db, task);
  const [claimed] = await claimTasks(db, { worker: 'the owner', limit: 1 });
  if (claimed === undefined) throw new Error('a task that stands alone was not claimed');
  return { id: claimed.id, run: claimed.run_id };
}

/** The same, and nobody has heard of it for longer than the lease. */
async function silent(db: Database, task: NewTask = {}): Promise<Owned> {
  const run = await begun(db, task);
  await db.query('update tasks set heartbeat_at = clock_timestamp() - make_interval(secs => $2) where id = $1', [
    run.id,
    LEASE_SECONDS * 2,
  ]);
  return run;
}

async function alerts(db: Database, count: number): Promise<void> {
  const { rows: before } = await db.query<{ id: string }>('select p.id from active_pauses p where p.paused_by = $1', [
    AUTO_PAUSER,
  ]);
  for (const { id } of before) await unpauseScope(db, { target: { id }, by: 'the beginning' });
  for (let n = 0; n < count; n++)
    await recordAlert(db, { kind: `alert before ${n}`, ref_id: ACTOR, severity: 'critical', by: 'test' });
}

async function autoPauses(db: Database, wanted: number): Promise<string[]> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::int as count
       from senate_pause p
      where p.paused_by = $1
        and p.paused_at > (select min(a.created_at) from senate_alerts a)`,
    [AUTO_PAUSER],
  );
  return rows[0]?.count === wanted ? [] : [`P14: ${rows[0]?.count} automatic pauses were made, not ${wanted}`];
}

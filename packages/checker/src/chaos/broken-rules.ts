import { createListenHub } from '@orchestra/pause-core';
import { makePool, type Database } from '@orchestra/database';
import type { AssertionName } from '../history/violation.ts';
import type { RuleBreakerParts } from './fleet.ts';
import type { PlannedFault } from './plan.ts';
import type { Favoured } from './workload.ts';

/**
 * A rule of the brake, broken on purpose in a fleet of its own: the history has to show it, or the checker is worth
 * nothing.
 */
export interface BrokenRule {
  name: string;
  says: string;
  /** At least one of these has to find it. */
  foundBy: readonly AssertionName[];
  breakRule: (parts: RuleBreakerParts) => Promise<() => Promise<unknown>>;
  faults: readonly PlannedFault[];
  /** What most of its run is about. */
  favours?: Favoured;
  postgresSettings?: Record<string, string | number>;
  /** The rule is one of the attached engine, whose workers have to run. */
  isOfAttached?: true;
}

const CACHE_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 100;

const once = (atMs: number, kind: PlannedFault['kind'], target: string, lastsMs: number): PlannedFault => ({
  atMs,
  kind,
  target,
  lastsMs,
  variant: 0,
});

export const BROKEN_RULES: readonly BrokenRule[] = [
  {
    name: 'a cache decides',
    says: 'claims go by a copy of the pauses that is read once a second',
    foundBy: ['A2', 'A3'],
    faults: [],
    breakRule: async ({ database }) => {
      await claimByCopy(database);
      return every(CACHE_EVERY_MS, () => readInto(database, database));
    },
  },
  {
    name: 'a listener’s cache decides',
    says: 'claims go by a copy of the pauses that is read when a bell rings, and bells get lost',
    foundBy: ['A2', 'A3'],
    faults: [once(1_000, 'blackhole bells', 'copy > bells', 20_000)],
    breakRule: async ({ database, link }) => {
      await claimByCopy(database);
      const read = (): void => {
        readInto(database, database).catch(() => {});
      }; // a bell's reading that fails is followed by the next bell's
      const hub = createListenHub({
        connectionString: await link('copy > bells', 'bells'),
        applicationName: 'the copy of the pauses',
        onBell: read,
        onConnect: read,
        onLost: () => {},
      });
      await hub.start();
      return () => hub.close();
    },
  },
  {
    name: 'it fails open',
    says: 'when the pauses cannot be read, nothing counts as paused',
    foundBy: ['A2', 'A3'],
    faults: [once(2_000, 'refuse database', 'reader > database', 20_000)],
    breakRule: async ({ database, link }) => {
      await database.query('create table pauses_readable as select true as yes');
      await replaceInView(
        database,
        'cleared_at IS NULL',
        'cleared_at IS NULL AND (SELECT r.yes FROM pauses_readable r)',
      );
      const pool = makePool({
        connectionString: await link('reader > database', 'database'),
        applicationName: 'the reader of the pauses',
        max: 1,
      });
      const stop = every(LOOK_EVERY_MS, async () => {
        const readable = await pool.query('select 1').then(
          () => true,
          () => false,
        );
        await database.query('update pauses_readable set yes = $1', [readable]);
      });
      return async () => {
        await stop();
        await pool.end();
      };
    },
  },
  {
    name: 'expiry by a process’s clock',
    says: 'whether a pause has ended is judged by a clock that is two hours fast',
    foundBy: ['A2', 'A3'],
    faults: [],
    breakRule: async ({ database }) => {
      await replaceInView(database, '> now()', "> now() + interval '2 hours'");
      return async () => {};
    },
  },
  {
    name: 'synchronous_commit left off',
    says: 'a pause is answered before it is safe from a crash',
    foundBy: ['A1'],
    faults: [once(4_000, 'crash postgres', 'postgres', 0)],
    // The longest that the server allows, so that the crash need not be timed to the moment.
    postgresSettings: { synchronous_commit: 'off', wal_writer_delay: '10s' },
    breakRule: async ({ database }) => {
      await database.query('drop trigger senate_pause_durable on senate_pause');
      await database.query('checkpoint'); // what was made for the run itself shall survive
      return async () => {};
    },
  },
  {
    name: 'the fleet is a label',
    says: 'a pause of the whole fleet covers nothing',
    foundBy: ['A2', 'A3'],
    faults: [],
    favours: 'fleet',
    breakRule: ({ database }) => replaceInFunction(database, 'pauses_cover', "'fleet *', ", ''),
  },
  {
    name: 'a second label opens the gate',
    says: 'a pause that names several labels covers nothing',
    foundBy: ['A2', 'A3'],
    faults: [],
    favours: 'pair',
    breakRule: ({ database }) => replaceInFunction(database, 'pauses_cover', ' is true', ' is null'),
  },
  {
    name: 'a release opens the pause',
    says: 'once one task of a paused backlog was let go, the pause covers nothing',
    foundBy: ['A2', 'A3'],
    faults: [],
    breakRule: async ({ database }) => {
      await replaceInView(database, 'cleared_at IS NULL', 'cleared_at IS NULL AND p.probe_task_id IS NULL');
      return async () => {};
    },
  },
  {
    name: 'what is cancelled stays in the queue',
    says: 'a task that was cancelled is begun all the same',
    foundBy: ['A15'],
    faults: [],
    breakRule: ({ database }) => otherStatus(database, "new.status = 'cancelled' and old.status = 'queued'", 'queued'),
  },
  {
    name: 'a retry brings nothing back',
    says: 'a cancelled task that is brought back stays cancelled',
    foundBy: ['A15'],
    faults: [],
    breakRule: ({ database }) =>
      otherStatus(database, "new.status = 'queued' and old.status = 'cancelled'", 'cancelled'),
  },
  {
    name: 'an order to stop is forgotten',
    says: 'a run that was told to stop is neither told nor taken away',
    foundBy: ['A15'],
    faults: [],
    favours: 'stops',
    breakRule: async ({ database }) => {
      // As long as the call lasts the order is there, so its answer says that all is well.
      await database.query(
        `create function forget_stop() returns trigger language plpgsql as $$ begin delete
           from run_stops s
           where s.run_id = new.run_id; return null; end $$`,
      );
      await database.query(
        `create constraint trigger forget_stops after insert or update
           on run_stops deferrable initially deferred for each row
           execute function forget_stop()`,
      );
      await database.query(
        'create function tell_nobody() returns trigger language plpgsql as $$ begin return null; end $$',
      );
      await database.query(
        `create trigger tell_nobody before insert on senate_events for each row when (new.type = 'run.stopping')
           execute function tell_nobody()`,
      );
      return async () => {};
    },
  },
  {
    name: 'an attached queue without the trigger',
    says: 'a worker of the attached engine that no policy binds gets paused jobs',
    foundBy: ['A16'],
    faults: [],
    isOfAttached: true,
    breakRule: async ({ database }) => {
      await database.query('drop trigger orchestra_guard on pgboss.job');
      return async () => {};
    },
  },
  {
    name: 'an attached queue without the policy',
    says: 'a paused job of the attached engine keeps those behind it from running',
    foundBy: ['A17'],
    faults: [],
    isOfAttached: true,
    breakRule: async ({ database }) => {
      const { rows } = await database.query<{ name: string }>(
        "select p.polrelid::regclass::text as name from pg_policy p where p.polname = 'orchestra_brake'",
      );
      for (const { name } of rows) await database.query(`drop policy orchestra_brake on ${name}`);
      return async () => {};
    },
  },
];

/** Gives a task another status than the one that it was to have. */
async function otherStatus(database: Database, when: string, status: string): Promise<() => Promise<unknown>> {
  await database.query(
    `create function other_status() returns trigger language plpgsql as $$ begin new.status := '${status}'; return new;
       end $$`,
  );
  await database.query(
    `create trigger a_broken_rule before update of status on tasks for each row when (${when})
       execute function other_status()`,
  );
  return async () => {};
}

/** Changes a rule that claims go by. */
async function replaceInFunction(
  database: Database,
  name: string,
  text: string,
  by: string,
): Promise<() => Promise<unknown>> {
  const {
    rows: [row],
  } = await database.query<{ source: string }>(
    'select pg_get_functiondef(p.oid) as source from pg_proc p where p.proname = $1',
    [name],
  );
  if (row === undefined || !row.source.includes(text))
    throw new Error(`the function ${name} does not say "${text}" any more, so this rule cannot be broken so`);
  await database.query(row.source.replace(text, by));
  return async () => {};
}

/** From now on `active_pauses` shows those pauses only that have been copied. */
async function claimByCopy(database: Database): Promise<void> {
  await database.query('create table copied_pauses (id bigint primary key)');
  await replaceInView(
    database,
    'cleared_at IS NULL',
    'cleared_at IS NULL AND p.id IN (SELECT c.id FROM copied_pauses c)',
  );
}

async function readInto(database: Database, from: Database): Promise<void> {
  const { rows } = await from.query<{ id: string }>('select p.id from senate_pause p');
  await database.query('insert into copied_pauses (id) select unnest($1::bigint[]) on conflict do nothing', [
    rows.map((row) => row.id),
  ]);
}

/** Changes the one place where the database says what "active" means. */
async function replaceInView(database: Database, text: string, by: string): Promise<void> {
  const { rows } = await database.query<{ view: string }>("select pg_get_viewdef('active_pauses'::regclass) as view");
  const view = rows[0]?.view ?? '';
  const at = view.toLowerCase().indexOf(text.toLowerCase());
  if (at === -1)
    throw new Error(
      `the view active_pauses does not say "${text}" any more, so this rule cannot be broken so:\n${view}`,
    );
  await database.query(
    `create or replace view active_pauses as ${view.slice(0, at)}${by}${view.slice(at + text.length)}`,
  );
}

/** Calls again and again, never twice at a time, until the answer of this is called. */
function every(ms: number, round: () => Promise<unknown>): () => Promise<unknown> {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let underWay: Promise<unknown> = Promise.resolve();
  const next = (): void => {
    if (ended) return;
    underWay = round()
      .catch(() => {})
      .finally(() => {
        timer = setTimeout(next, ms);
      }); // the database may be down: tried again
  };
  next();
  return async () => {
    ended = true;
    await underWay;
    clearTimeout(timer);
  };
}

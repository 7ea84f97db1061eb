import { randomUUID } from 'node:crypto';
import { attach as attachQueue, graphileWorker, pgBoss, type QueueDescription } from '@orchestra/attach';
import { makePool, type Database } from '@orchestra/database';
import { figure, median, ratios } from '../figures.ts';
import type { Bench, Finding, Measure } from '../measure.ts';
import { graphilePeer } from '../peers/graphile.ts';
import type { Peer } from '../peers/peer.ts';
import { pgBossPeer } from '../peers/pg-boss.ts';
import { interleave, type Take } from '../rounds.ts';
import { counted, roundName } from '../words.ts';
import { steadyRate } from './library.ts';

const NAME = 'attach';
const CONCURRENCY = 10;
const HELD = 100_000;
const HELD_QUICK = 20_000;
const STATEMENT_TIMEOUT_MS = 600_000;
// As the manual has it for the role of graphile-worker.
const PLANNER = ['enable_seqscan', 'enable_sort', 'enable_bitmapscan'];

/**
 * One queue of an engine: attached or not, with so many pauses, and with jobs of a paused agent at its head or none.
 */
interface Variant {
  name: string;
  attached: boolean;
  pauses: number;
  held: boolean;
}

const PLAIN: Variant = { name: 'plain', attached: false, pauses: 0, held: false };
const VARIANTS: readonly (Variant & { atLeast: number })[] = [
  { name: 'nothing paused', attached: true, pauses: 0, held: false, atLeast: 0.9 },
  { name: '1 pause', attached: true, pauses: 1, held: false, atLeast: 0.9 },
  { name: '1,000 pauses', attached: true, pauses: 1_000, held: false, atLeast: 0.9 },
  { name: '1 pause', attached: true, pauses: 1, held: true, atLeast: 0.5 },
  { name: '1,000 pauses', attached: true, pauses: 1_000, held: true, atLeast: 0.5 },
];

interface Engine {
  peer: (url: string) => Promise<Peer>;
  queue: QueueDescription;
  hold: string;
  settings: readonly string[];
}

const ENGINES: Readonly<Record<string, Engine>> = {
  'graphile-worker': {
    peer: graphilePeer,
    queue: graphileWorker(),
    settings: PLANNER,
    hold: `select count(*) from graphile_worker.add_jobs(array(
             select json_populate_record(null::graphile_worker.job_spec,
                                         json_build_object('identifier', 'noop', 'payload',
                                                           json_build_object('agent_id', 'held')))
               from generate_series(1, $1::int)))`,
  },
  'pg-boss': {
    peer: pgBossPeer,
    queue: pgBoss(),
    settings: [],
    hold: `insert into pgboss.job_common (name, data, policy, created_on) select 'noop', '{"agent_id": "held"}',
             'standard', now() - interval '1 hour'
             from generate_series(1, $1::int)`,
  },
};

/**
 * Each engine under a role that owns its tables and that the policy binds. Its own claims a second, by its own count of
 * what is left.
 */
export const attach: Measure = {
  name: NAME,
  title: 'jobs/s of engines with the brake attached, over the same without',
  steps: ({ rounds }) => Object.keys(ENGINES).length * (rounds + 1),
  run: async (bench) => ({
    findings: (await eachInTurn(Object.entries(ENGINES), ([name, engine]) => measure(bench, name, engine))).flat(),
  }),
};

async function measure(bench: Bench, engineName: string, engine: Engine): Promise<Finding[]> {
  const held = bench.quick ? HELD_QUICK : HELD;
  const ends: (() => Promise<void>)[] = [];
  try {
    const takes = new Map<string, Take>();
    for (const variant of [PLAIN, ...VARIANTS])
      takes.set(keyOf(variant), steadyRate(await start(bench, engine, variant, held, ends), CONCURRENCY, bench));
    const figures = await interleave(
      { rounds: bench.rounds, beforeRound: (round) => bench.step(roundName(NAME, engineName, round)) },
      takes,
    );
    return VARIANTS.map((variant) => {
      const each = ratios(figures(keyOf(variant)), figures(keyOf(PLAIN)));
      return {
        measure: NAME,
        what: `${engineName}, ${variant.name}${variant.held ? `, ${counted(held, 'job')} of it at the head` : ''}`,
        target: { atLeast: variant.atLeast },
        reached: median(each),
        rounds: each,
        detail: `${figure(median(figures(keyOf(variant))))} over ${figure(median(figures(keyOf(PLAIN))))} jobs/s`,
      };
    });
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function keyOf({ name, held }: Variant): string {
  return `${name}${held ? ' held' : ''}`;
}

/** A database of its own, with a role of its own. */
async function start(
  { server }: Bench,
  engine: Engine,
  variant: Variant,
  held: number,
  ends: (() => Promise<void>)[],
): Promise<Peer> {
  const url = await server.makeDatabase(`${NAME}-${engine.queue.engine}-${keyOf(variant)}`);
  ends.push(() => server.dropDatabase(url));
  const db = makePool({
    connectionString: url,
    applicationName: 'bench',
    max: 2,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const own = await makeOwner(db, url, variant.attached ? engine.settings : []);
  ends.push(async () => {
    await db.query(`drop owned by ${own.username} cascade; drop role ${own.username}`);
    await db.end();
  });
  const peer = await engine.peer(own.href);
  ends.push(() => peer.close());
  if (variant.attached) await attachQueue(db, engine.queue.engine, engine.queue);
  // The first is on the agent of what is held; of the others no job is.
  await db.query(
    `insert into senate_pause (scope_kind, scope_value, reason) select 'agent', case n when 1 then 'held'
       else 'other-' || n end, 'bench'
       from generate_series(1, $1::int) n`,
    [variant.pauses],
  );
  if (!variant.held) return peer;
  await db.query(engine.hold, [held]);
  return {
    ...peer,
    unfinished: async () => (await peer.unfinished()) - held,
    fillTo: (count) => peer.fillTo(count + held),
  };
}

async function makeOwner(db: Database, databaseUrl: string, settings: readonly string[]): Promise<URL> {
  const own = new URL(databaseUrl);
  const database = own.pathname.slice(1);
  own.username = `bench_owner_${randomUUID().slice(0, 8)}`;
  own.password = randomUUID();
  await db.query(
    `create role ${own.username} login password '${own.password}'; grant create
       on database ${database} to ${own.username}`,
  );
  // The peers' own pools look for Orchestra's tables when they connect; an engine does not.
  const {
    rows: [row],
  } = await db.query<{ home: string }>('select quote_ident(current_schema()) as home');
  if (row !== undefined) await db.query(`grant usage on schema ${row.home} to ${own.username}`);
  for (const setting of settings)
    await db.query(`alter role ${own.username} in database ${database} set ${setting} = off`);
  return own;
}

async function eachInTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (const item of items) done.push(await work(item));
  return done;
}

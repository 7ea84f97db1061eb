import { inTransaction, type Database, type Queryable } from '@orchestra/database';
import { readAfterCommit } from '../after-commit.ts';
import type { AttachedVerified, AttachedWork } from '../contract/attached.ts';
import { settleClaims } from '../settle.ts';
import { atOtherDatabase, OtherDatabaseError, type OtherPlace } from '../elsewhere/other-database.ts';
import { labelsOf, type Scope } from '../scope.ts';
import { olderSnapshots } from './older-snapshots.ts';

// The table of an engine may have millions of rows and no index by our labels. Nobody waits longer for a number.
const READ_MAX_MS = 1_000;
const COUNTED_MAX = 10_000;
const LISTED_MAX = 200;
/**
 * A pause is dated before its commit, which a slow disk or a standby holds up. Later than this no claim can have missed
 * it.
 */
const SURELY_AFTER = "interval '10 seconds'";

/** A queue of another engine whose claims read our pauses. */
export interface AttachedQueue {
  name: string;
  engine: string;
  /** Its claims may read an old snapshot. */
  mayReadOldSnapshots: boolean;
  saysClaimTimes: boolean;
  /** It was attached by a version that knows pauses of the fleet and of several labels. */
  knowsFleet: boolean;
  /** The other database that it is in, whose claims read copies; null: it is in this one. */
  elsewhere: OtherPlace | null;
}

/**
 * The view of the jobs of an attachment: `job`, `state` (waiting or running), `scopes` (`agent skeptic`), `claim`,
 * `claimed_at`.
 */
export function attachedWorkView(name: string): string {
  return `"orchestra_work_${name.replaceAll('-', '_')}"`;
}

interface QueueRow extends Omit<AttachedQueue, 'elsewhere'> {
  url: string | null;
  schema: string | null;
  key: string | null;
}

/** Those in this database and those in others, by name. */
export async function listAttachedQueues(db: Queryable): Promise<AttachedQueue[]> {
  const { rows } = await db.query<QueueRow>(
    `select q.name, q.engine, coalesce(q.queue ->> 'snapshots' = 'old', false) as "mayReadOldSnapshots",
            q.queue ? 'claimedAt' as "saysClaimTimes",
            coalesce((q.queue ->> 'knowsFleet')::boolean, false) as "knowsFleet", q.url, q.schema, q.key
       from (select a.name, a.engine, a.queue, null as url, null as schema, null as key from attachments a
              union all
             select e.name, e.engine, e.queue, e.url, e.schema, e.key::text from attached_elsewhere e) q
      order by q.name`,
  );
  return rows.map(({ url, schema, key, ...queue }) => ({
    ...queue,
    elsewhere: url === null || schema === null || key === null ? null : { name: queue.name, url, schema, key },
  }));
}

/** The other databases that attached queues are in. */
export async function listOtherPlaces(db: Queryable): Promise<OtherPlace[]> {
  return (await listAttachedQueues(db)).flatMap(({ elsewhere }) => elsewhere ?? []);
}

/**
 * What a scope covers in each attached queue. One that cannot be read in time is given with the reason, and holds
 * nobody up.
 */
export async function attachedWorkUnder(
  db: Database,
  scope: Scope,
  queues: readonly AttachedQueue[],
): Promise<AttachedWork[]> {
  const [works] = await attachedWorksUnder(db, [scope], queues);
  return works ?? [];
}

/** Given in place of the numbers of a queue that could not be read. */
export function unknownWork({ name, engine }: Pick<AttachedQueue, 'name' | 'engine'>, why: string): AttachedWork {
  return {
    name,
    engine,
    not_read: why,
    in_flight_count: null,
    claimed_ahead_count: null,
    queued: null,
    queued_more: null,
  };
}

/** @throws the error itself, where it has nothing to do with the other database */
export function notReadElsewhere(error: unknown): string {
  if (error instanceof OtherDatabaseError) return error.message;
  throw error;
}

/** What a scope covers in one attached queue of this database. */
export async function attachedWorkAt(
  db: Database,
  queue: Pick<AttachedQueue, 'name' | 'engine'>,
  scope: Scope,
): Promise<AttachedWork> {
  const [work] = await attachedWorksAt(db, queue, [scope]);
  return work ?? unknownWork(queue, 'the database answered nothing');
}

/** The same of several scopes, each in turn, by one reading. */
export async function attachedWorksUnder(
  db: Database,
  scopes: readonly Scope[],
  queues: readonly AttachedQueue[],
): Promise<AttachedWork[][]> {
  if (scopes.length === 0) return [];
  const works = await readEach(
    db,
    queues,
    (at, queue) => attachedWorksAt(at, queue, scopes),
    (queue, why) => scopes.map(() => unknownWork(queue, why)),
  );
  return scopes.map((_, nth) => works.flatMap((ofQueue) => ofQueue[nth] ?? []));
}

// Each takes a connection of this process, and a silent one takes its two seconds.
const ELSEWHERE_AT_ONCE = 8;

/**
 * Reads something of each queue, in their order: a few other databases at the same time, those here one after the
 * other, over few connections.
 *
 * @param notRead what there is of a queue whose database cannot be used
 */
async function readEach<T>(
  db: Database,
  queues: readonly AttachedQueue[],
  read: (at: Database, queue: AttachedQueue) => Promise<T>,
  notRead: (queue: AttachedQueue, why: string) => T,
): Promise<T[]> {
  const found = new Map<AttachedQueue, { answer: T }>();
  const readElsewhere = async (queue: AttachedQueue, place: OtherPlace): Promise<void> => {
    const answer = await atOtherDatabase(place, (there) => read(there, queue)).catch((error: unknown) =>
      notRead(queue, notReadElsewhere(error)),
    );
    found.set(queue, { answer });
  };
  const elsewhere = queues.values();
  await Promise.all([
    ...Array.from({ length: ELSEWHERE_AT_ONCE }, async () => {
      for (const queue of elsewhere) if (queue.elsewhere !== null) await readElsewhere(queue, queue.elsewhere);
    }),
    (async () => {
      for (const queue of queues) if (queue.elsewhere === null) found.set(queue, { answer: await read(db, queue) });
    })(),
  ]);
  return queues.flatMap((queue) => {
    const one = found.get(queue);
    return one === undefined ? [] : [one.answer];
  });
}

async function attachedWorksAt(
  db: Database,
  queue: Pick<AttachedQueue, 'name' | 'engine'>,
  scopes: readonly Scope[],
): Promise<AttachedWork[]> {
  const { rows, notRead } = await readShortly<{ nth: number; running: number; claims: number; waiting: number }>(
    db,
    `with scopes as materialized (
       select s.nth::int as nth, array(select jsonb_array_elements_text(s.labels)) as labels
         from jsonb_array_elements($1::jsonb) with ordinality as s(labels, nth)
     )
     select s.nth, count(w.job) filter (where w.state = 'running')::int as running, count(distinct w.claim)
       filter (where w.state = 'running')::int as claims,
            count(w.job) filter (where w.state = 'waiting')::int as waiting
       from scopes s left join ${attachedWorkView(queue.name)} w on w.scopes @> s.labels group by s.nth order by s.nth`,
    [JSON.stringify(scopes.map((scope) => labelsOf(scope).map((label) => label.join(' '))))],
  );
  if (rows === undefined) return scopes.map(() => unknownWork(queue, notRead ?? 'the database answered nothing'));
  return rows.map((row) => ({
    name: queue.name,
    engine: queue.engine,
    not_read: null,
    in_flight_count: row.claims,
    claimed_ahead_count: row.running - row.claims,
    queued: Math.min(row.waiting, COUNTED_MAX),
    queued_more: row.waiting > COUNTED_MAX,
  }));
}

/**
 * Of these pauses, those that cover nothing that a worker of an attached queue has. Where a queue cannot be read, none
 * is said to be quiet.
 */
export async function quietInAttached(db: Database, pauseIds: readonly string[]): Promise<string[]> {
  const quiet = await readEach(
    db,
    await listAttachedQueues(db),
    async (at, queue) =>
      queue.elsewhere === null || (await settleClaims(at)) ? new Set(await quietAt(at, queue, pauseIds)) : NONE,
    () => NONE,
  );
  return pauseIds.filter((id) => quiet.every((ofQueue) => ofQueue.has(id)));
}

const NONE: ReadonlySet<string> = new Set();

/** Of these pauses, those that hold in this database and cover nothing that a worker of the queue has. */
async function quietAt(
  db: Database,
  { name, mayReadOldSnapshots }: AttachedQueue,
  pauseIds: readonly string[],
): Promise<string[]> {
  const { rows } = await readShortly<{ id: string }>(
    db,
    `select p.id from senate_pause p
      where p.id = any ($1::bigint[])
        and not exists (select
                          from ${attachedWorkView(name)} w
                         where w.state = 'running'
                           and w.scopes @> pause_labels(p.scope_kind, p.scope_value, p.also))`,
    [pauseIds],
  );
  const quiet = (rows ?? []).map(({ id }) => id);
  if (!mayReadOldSnapshots) return quiet;
  return (await Promise.all(quiet.map(async (id) => ((await olderSnapshots(db, id)) === 0 ? [id] : [])))).flat();
}

/** What workers of attached queues have just now and was claimed although a pause covered it. */
export async function verifyAttached(db: Database): Promise<AttachedVerified[]> {
  return readEach(db, await listAttachedQueues(db), verifyAt, notVerified);
}

function notVerified({ name, engine }: AttachedQueue, why: string): AttachedVerified {
  return { name, engine, running_checked: null, not_read: why, violations: [] };
}

async function verifyAt(db: Database, queue: AttachedQueue): Promise<AttachedVerified> {
  const { name, engine, saysClaimTimes, elsewhere } = queue;
  if (!saysClaimTimes) return notVerified(queue, 'the attachment does not say when a job was claimed');
  // In another database by when the copy was made: before that nothing held there.
  const since = elsewhere === null ? 'paused_at' : 'applied_at';
  const { rows, notRead } = await readShortly<{
    checked: number;
    job: string | null;
    claimed_at: Date;
    pause_id: string;
    scope: string;
    paused_at: Date;
  }>(
    db,
    `with running as materialized (select w.* from ${attachedWorkView(name)} w where w.state = 'running'),
          violations as (select r.job, r.claimed_at, p.id::text as pause_id, case when p.scope_kind = 'fleet'
                                then 'the whole fleet'
                                  else array_to_string(pause_labels(p.scope_kind, p.scope_value, p.also), ' + ')
                                    end as scope, p.${since} as paused_at
                           from running r
                           join active_pauses p on r.scopes @> pause_labels(p.scope_kind, p.scope_value, p.also)
                          where r.claimed_at > p.${since} + ${SURELY_AFTER}
                          order by r.claimed_at, r.job
                          limit ${LISTED_MAX})
     select (select count(*)::int from running) as checked, v.* from (select) as always left join violations v on true`,
    [],
  );
  return {
    name,
    engine,
    running_checked: rows?.[0]?.checked ?? null,
    not_read: notRead,
    violations: (rows ?? []).flatMap(({ job, claimed_at, pause_id, scope, paused_at }) =>
      job === null
        ? []
        : [{ job, claimed_at: claimed_at.toISOString(), pause_id, scope, paused_at: paused_at.toISOString() }],
    ),
  };
}

/** @returns the rows; undefined with the reason where they could not be read in time */
async function readShortly<R extends object>(
  db: Database,
  sql: string,
  values: readonly unknown[],
): Promise<{ rows: R[] | undefined; notRead: string | null }> {
  let notRead: string | null = null;
  const rows = await readAfterCommit(
    'its jobs',
    () =>
      inTransaction(db, async (tx) => {
        await tx.query(`set local statement_timeout = ${READ_MAX_MS}`);
        return (await tx.query<R>(sql, [...values])).rows;
      }),
    ({ words }) => {
      notRead = words;
    },
  );
  return { rows: rows ?? undefined, notRead };
}

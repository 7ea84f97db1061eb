import { inTransaction, type Database, type Queryable } from '@orchestra/database';
import { readAfterCommit } from '../after-commit.ts';
import type { AttachedVerified, AttachedWork } from '../contract/attached.ts';
import { labelsOf, type Scope } from '../scope.ts';

// The table of an engine may have millions of rows and no index by our labels. Nobody waits longer for a number.
const READ_MAX_MS = 1_000;
const COUNTED_MAX = 10_000;
const LISTED_MAX = 200;
/** A pause is dated before its commit, which a slow disk or a standby holds up. Later than this no claim can have missed it. */
const SURELY_AFTER = "interval '10 seconds'";

/** A queue of another engine in this database whose claims read our pauses. */
export interface AttachedQueue {
  name: string;
  engine: string;
  /** Its claims may read an old snapshot. */
  mayReadOldSnapshots: boolean;
  saysClaimTimes: boolean;
  /** It was attached by a version that knows pauses of the fleet and of several labels. */
  knowsFleet: boolean;
}

/** The view of the jobs of an attachment: `job`, `state` (waiting or running), `scopes` (`agent skeptic`), `claim`, `claimed_at`. */
export function attachedWorkView(name: string): string {
  return `"orchestra_work_${name.replaceAll('-', '_')}"`;
}

export async function listAttachedQueues(db: Queryable): Promise<AttachedQueue[]> {
  const { rows } = await db.query<AttachedQueue>(
    `select a.name, a.engine, coalesce(a.queue ->> 'snapshots' = 'old', false) as "mayReadOldSnapshots", a.queue ? 'claimedAt' as "saysClaimTimes",
            coalesce((a.queue ->> 'knowsFleet')::boolean, false) as "knowsFleet"
       from attachments a order by a.name`);
  return rows;
}

/** What a scope covers in each attached queue. One that cannot be read in time is told with the reason, and keeps nobody up. */
export async function attachedWorkUnder(db: Database, scope: Scope, queues: readonly AttachedQueue[]): Promise<AttachedWork[]> {
  const works: AttachedWork[] = [];
  for (const { name, engine } of queues) {
    const read = await readShortly<{ running: number; claims: number; waiting: number }>(db,
      `select count(*) filter (where w.state = 'running')::int as running, count(distinct w.claim) filter (where w.state = 'running')::int as claims,
              count(*) filter (where w.state = 'waiting')::int as waiting
         from ${attachedWorkView(name)} w where w.scopes @> $1::text[]`, [labelsOf(scope).map((label) => label.join(' '))]);
    const [row] = read.rows ?? [];
    works.push({
      name, engine, not_read: read.notRead,
      in_flight_count: row?.claims ?? null, claimed_ahead_count: row === undefined ? null : row.running - row.claims,
      queued: row === undefined ? null : Math.min(row.waiting, COUNTED_MAX), queued_more: row === undefined ? null : row.waiting > COUNTED_MAX,
    });
  }
  return works;
}

/**
 * Of these pauses, those that cover nothing that a worker of an attached queue has. Where a queue cannot be read, none is
 * said to be quiet.
 */
export async function quietInAttached(db: Database, pauseIds: readonly string[]): Promise<string[]> {
  let quiet = [...pauseIds];
  for (const { name, mayReadOldSnapshots } of await listAttachedQueues(db)) {
    if (quiet.length === 0) return [];
    const { rows } = await readShortly<{ id: string }>(db,
      `select p.id from senate_pause p
        where p.id = any ($1::bigint[])
          and not exists (select from ${attachedWorkView(name)} w where w.state = 'running' and w.scopes @> pause_labels(p.scope_kind, p.scope_value, p.also))`, [quiet]);
    if (rows === undefined) return [];
    quiet = rows.map(({ id }) => id);
    if (mayReadOldSnapshots) quiet = (await Promise.all(quiet.map(async (id) => (await olderSnapshots(db, id)) === 0 ? [id] : []))).flat();
  }
  return quiet;
}

/** How many transactions may still read without this pause; null: the connected role may not see those of others. */
export async function olderSnapshots(db: Queryable, pauseId: string): Promise<number | null> {
  // A snapshot without the pause has an xmin no newer than the pause's transaction; one with it may have as well, while an
  // older transaction runs: that one is waited for too.
  const { rows: [row] } = await db.query<{ older: number; sees: boolean }>(
    `select count(*) filter (where age(a.backend_xmin) >= age(p.xmin))::int as older,
            (select r.rolsuper or pg_has_role(r.oid, 'pg_read_all_stats', 'usage') from pg_roles r where r.rolname = current_user) as sees
       from senate_pause p
       left join pg_stat_activity a on a.datname = current_database() and a.pid <> pg_backend_pid() and a.backend_xmin is not null
      where p.id = $1 group by p.xmin`, [pauseId]);
  return row?.sees === true ? row.older : null;
}

/** What workers of attached queues have just now and was claimed although a pause covered it. */
export async function verifyAttached(db: Database): Promise<AttachedVerified[]> {
  const found: AttachedVerified[] = [];
  for (const { name, engine, saysClaimTimes } of await listAttachedQueues(db)) {
    if (!saysClaimTimes) {
      found.push({ name, engine, running_checked: null, not_read: 'the attachment does not say when a job was claimed', violations: [] });
      continue;
    }
    const { rows, notRead } = await readShortly<{ checked: number; job: string | null; claimed_at: Date; pause_id: string; scope: string; paused_at: Date }>(db,
      `with running as materialized (select w.* from ${attachedWorkView(name)} w where w.state = 'running'),
            violations as (select r.job, r.claimed_at, p.id::text as pause_id, case when p.scope_kind = 'fleet' then 'the whole fleet' else array_to_string(pause_labels(p.scope_kind, p.scope_value, p.also), ' + ') end as scope, p.paused_at
                             from running r join active_pauses p on r.scopes @> pause_labels(p.scope_kind, p.scope_value, p.also)
                            where r.claimed_at > p.paused_at + ${SURELY_AFTER} order by r.claimed_at, r.job limit ${LISTED_MAX})
       select (select count(*)::int from running) as checked, v.* from (select) as always left join violations v on true`, []);
    found.push({
      name, engine, running_checked: rows?.[0]?.checked ?? null, not_read: notRead,
      violations: (rows ?? []).flatMap(({ job, claimed_at, pause_id, scope, paused_at }) => job === null ? [] : [{ job, claimed_at: claimed_at.toISOString(), pause_id, scope, paused_at: paused_at.toISOString() }]),
    });
  }
  return found;
}

/** @returns the rows; undefined with the reason where they could not be read in time */
async function readShortly<R extends object>(db: Database, sql: string, values: readonly unknown[]): Promise<{ rows: R[] | undefined; notRead: string | null }> {
  let notRead: string | null = null;
  const rows = await readAfterCommit('its jobs', () => inTransaction(db, async (tx) => {
    await tx.query(`set local statement_timeout = ${READ_MAX_MS}`);
    return (await tx.query<R>(sql, [...values])).rows;
  }), ({ words }) => { notRead = words; });
  return { rows: rows ?? undefined, notRead };
}

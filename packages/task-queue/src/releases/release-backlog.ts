import { advisoryKey, inTransaction, type Database, type Transaction } from '@orchestra/database';
import {
  PauseError,
  refusePause,
  runOnce,
  scopeOf,
  scopeText,
  type Idempotency,
  type Labels,
  type ScopeKind,
} from '@orchestra/pause-core';
import type { ReleaseView } from '@orchestra/pause-core/contract';
import type { GatedRepos } from '../sql/predicates.ts';
import { toReleaseView, type ReleaseRow } from './releases.ts';
import { chooseReleased, countBacklog } from './choose-released.ts';
import { PROBE_DECISIONS } from '../probes/advance-probes.ts';
import { probeMayStart, unmarkProbe } from '../probes/unmark-probe.ts';

/** Who ends pauses whose backlog was let go. */
export const RELEASER = 'senate.release';

/** The shortest time between two tasks. One is let go only once the one before has started, which takes a worker. */
export const GAP_SECONDS_MIN = 0.1;
const GAP_SECONDS_MAX = 86_400;

export interface ReleaseOrder {
  pauseId: string;
  /** One task now; a number of seconds between two; or all that waits, spread over a number of seconds. */
  pace: { one: true } | { gapSeconds: number } | { withinSeconds: number };
  by: string;
  reason?: string | undefined;
}

const LOOK_AGAIN_MS = 50;

interface PausedRow {
  id: string;
  scope_kind: ScopeKind;
  scope_value: string;
  also: Labels | null;
  probes: boolean;
  probe_task_id: string | null;
}

/**
 * Lets tasks of a paused backlog go, one after the other in the order of the queue, while the pause holds everything
 * else. A task is let go as a probe is: the pause names it, and it names the pause. The next one follows when that one
 * has started and its time has come, whichever process looks after it.
 *
 * @throws PauseError `pause_not_found`, `pause_not_active`, `pause_probes`, `nothing_to_release`, `release_too_fast`,
 *   and those of the key
 */
export function releaseBacklog(
  db: Database,
  order: ReleaseOrder,
  gatedRepos: GatedRepos = null,
  idempotency?: Idempotency,
): Promise<ReleaseView> {
  return runOnce(db, idempotency, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true), set_config('orchestra.why', $2, true)", [
      order.by,
      order.reason ?? '',
    ]);
    await tx.query(`select pg_advisory_xact_lock(${advisoryKey('$1')})`, [PROBE_DECISIONS]);
    const pause = await lockPause(tx, order.pauseId);
    if (pause === undefined) return refusePause(tx, order.pauseId, 'what it held goes on by itself');
    if (pause.probes)
      throw new PauseError(
        'pause_probes',
        `the time of pause ${pause.id} is over, and it lets one task through at a time by itself; extend it ` +
          'or clear it',
      );
    return 'one' in order.pace ? releaseOne(tx, order, pause, gatedRepos) : begin(tx, order, pause, order.pace);
  });
}

/**
 * Stops letting tasks go; the pause holds on. What has been let go and has not started is held again. @throws
 * PauseError `pause_not_found`, `pause_not_active`
 */
export function stopRelease(
  db: Database,
  { pauseId, by, reason }: Omit<ReleaseOrder, 'pace'>,
): Promise<ReleaseView | null> {
  return inTransaction(db, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true), set_config('orchestra.why', $2, true)", [
      by,
      reason ?? '',
    ]);
    await tx.query(`select pg_advisory_xact_lock(${advisoryKey('$1')})`, [PROBE_DECISIONS]);
    if ((await lockPause(tx, pauseId)) === undefined) return refusePause(tx, pauseId, 'what it held goes on by itself');
    await unmarkProbe(tx, pauseId, by);
    const ended = await endRelease(tx, pauseId, 'stopped');
    if (ended !== undefined) await audit(tx, by, 'pause.release_stopped', ended);
    return ended === undefined ? null : toReleaseView(ended);
  });
}

/**
 * Looks after the releases whose time has come. Safe from several processes at once.
 *
 * @returns after how many milliseconds to look again; null: none is under way
 */
export async function lookAfterReleases(db: Database, gatedRepos: GatedRepos = null): Promise<number | null> {
  const { rows } = await db.query<{ pause_id: string; due: boolean }>(
    `select r.pause_id::text, r.next_at <= clock_timestamp() as due
       from senate_releases r
      where r.ended_at is null
      order by r.next_at
      limit 100`,
  );
  for (const { pause_id: pauseId } of rows.filter(({ due }) => due))
    await inTransaction(db, (tx) => step(tx, pauseId, gatedRepos));
  const {
    rows: [next],
  } = await db.query<{ ms: number | null }>(
    `select (extract(epoch from min(r.next_at) - clock_timestamp()) * 1000)::float8 as ms
       from senate_releases r
      where r.ended_at is null`,
  );
  // What is due and waits for a worker is looked at again as often as the fastest release goes.
  return next === undefined || next.ms === null ? null : Math.max(LOOK_AGAIN_MS, next.ms);
}

async function releaseOne(
  tx: Transaction,
  order: ReleaseOrder,
  pause: PausedRow,
  gatedRepos: GatedRepos,
): Promise<ReleaseView> {
  if (await someWait(tx, pause.id))
    throw new PauseError(
      'nothing_to_release',
      `task ${pause.probe_task_id} was let go before and has not started yet; \`orchestra task why ` +
        `${pause.probe_task_id}\` says what it waits for`,
    );
  const taskId = await letGo(tx, pause, order.by, gatedRepos);
  if (taskId === null) throw await nothingToRelease(tx, pause);
  const {
    rows: [row],
  } = await tx.query<ReleaseRow>(
    `insert into senate_releases as r (pause_id, asked_by, reason, released, last_task_id, ended_at, ended_as)
       values ($1, $2, $3, 1, $4, now(), 'done')
       returning r.*`,
    [pause.id, order.by, order.reason ?? null, taskId],
  );
  return noted(tx, row, order.by);
}

async function begin(
  tx: Transaction,
  order: ReleaseOrder,
  pause: PausedRow,
  pace: { gapSeconds: number } | { withinSeconds: number },
): Promise<ReleaseView> {
  const waiting = await countBacklog(tx, pause.id, scopeOf(pause), true);
  if (waiting === 0) throw await nothingToRelease(tx, pause);
  const gapSeconds = 'gapSeconds' in pace ? pace.gapSeconds : Math.min(pace.withinSeconds / waiting, GAP_SECONDS_MAX);
  if (gapSeconds < GAP_SECONDS_MIN) {
    throw new PauseError(
      'release_too_fast',
      `${waiting} tasks wait: that would be one every ${gapSeconds.toFixed(3)} s, and tasks are let go one ` +
        `after the other, ${1 / GAP_SECONDS_MIN} a second at the most; take longer, or clear the pause`,
    );
  }
  await endRelease(tx, pause.id, 'replaced');
  // A pause that expired meanwhile would let everything go at once.
  await tx.query(
    "update senate_pause p set ttl_seconds = null, ends_as = 'resume' where p.id = $1 and p.ttl_seconds is not null",
    [pause.id],
  );
  const {
    rows: [row],
  } = await tx.query<ReleaseRow>(
    'insert into senate_releases as r (pause_id, asked_by, reason, gap_seconds) values ($1, $2, $3, $4) returning r.*',
    [pause.id, order.by, order.reason ?? null, gapSeconds],
  );
  // Those who look after releases hear of it.
  await tx.query("select pg_notify('orchestra', 'release')");
  return noted(tx, row, order.by);
}

/** One step of a release whose time has come. */
async function step(tx: Transaction, pauseId: string, gatedRepos: GatedRepos): Promise<void> {
  const {
    rows: [lock],
  } = await tx.query<{ ours: boolean }>(`select pg_try_advisory_xact_lock(${advisoryKey('$1')}) as ours`, [
    PROBE_DECISIONS,
  ]);
  if (!lock?.ours) return; // somebody else is at it
  const {
    rows: [release],
  } = await tx.query<{ id: string; asked_by: string }>(
    `select r.id, r.asked_by
       from senate_releases r
      where r.pause_id = $1
        and r.ended_at is null
        and r.next_at <= clock_timestamp() for no key update`,
    [pauseId],
  );
  if (release === undefined) return;
  await tx.query(
    "select set_config('orchestra.who', $1, true), set_config('orchestra.why', 'its backlog is released', true)",
    [RELEASER],
  );
  const pause = await lockPause(tx, pauseId);
  if (pause === undefined) {
    await endRelease(tx, pauseId, 'stopped');
    return;
  }
  if (await someWait(tx, pauseId)) {
    // In strict order: the next one only once this one has started. One that cannot start any more gives way.
    if ((await probeMayStart(tx, pauseId, gatedRepos)) || !(await unmarkProbe(tx, pauseId, RELEASER))) return;
  }
  const taskId = await letGo(tx, pause, release.asked_by, gatedRepos);
  if (taskId !== null) {
    // Counted from now: a service that was away hurries nothing.
    await tx.query(
      `update senate_releases r set released = r.released + 1, last_task_id = $2,
         next_at = clock_timestamp() + make_interval(secs => r.gap_seconds)
         where r.id = $1`,
      [release.id, taskId],
    );
    return;
  }
  if ((await countBacklog(tx, pause.id, scopeOf(pause), false)) > 0) return; // in line at a gate, or locked just now
  await endRelease(tx, pauseId, 'done');
  await tx.query('update senate_pause p set cleared_at = clock_timestamp(), cleared_by = $2 where p.id = $1', [
    pauseId,
    RELEASER,
  ]);
}

/** Marks the next task and names it in the pause. @returns its id; null: none may start */
async function letGo(tx: Transaction, pause: PausedRow, by: string, gatedRepos: GatedRepos): Promise<string | null> {
  const scope = scopeOf(pause);
  const taskId = await chooseReleased(tx, pause.id, scope, gatedRepos);
  if (taskId === null) return null;
  // The one before has started and keeps what it was told at its claim.
  await tx.query("update tasks t set probe_of = null where t.probe_of = $1 and t.status = 'running'", [pause.id]);
  await tx.query(
    `with marked as (update tasks t set probe_of = $2::bigint where t.id = $1 returning t.id)
     insert into task_event_rows (task_id, kind, by, data)
     select m.id, 'probing', $3, jsonb_build_object('pause_id', $2::bigint::text, 'scope_kind', $4::text,
                                                    'scope_value', $5::text, 'also', $6::jsonb, 'released', true)
       from marked m`,
    [taskId, pause.id, by, scope.kind, scope.value, pause.also === null ? null : JSON.stringify(pause.also)],
  );
  await tx.query('update senate_pause p set probe_task_id = $2 where p.id = $1', [pause.id, taskId]);
  return taskId;
}

async function lockPause(tx: Transaction, id: string): Promise<PausedRow | undefined> {
  const {
    rows: [row],
  } = await tx.query<PausedRow>(
    `select p.id::text, p.scope_kind, p.scope_value, p.also, p.probe_task_id::text,
            p.probing_at is not null or (p.ends_as = 'probe' and p.stayed_at is null
                                         and coalesce(p.paused_at + make_interval(secs => p.ttl_seconds)
                                                      <= clock_timestamp(), false)) as probes
       from senate_pause p
      where p.id = $1 and p.cleared_at is null
        and (p.ttl_seconds is null or p.ends_as <> 'resume'
             or p.paused_at + make_interval(secs => p.ttl_seconds) > clock_timestamp())
        for no key update`,
    [id],
  );
  return row;
}

/** Has a task been let go that has not started? */
async function someWait(tx: Transaction, pauseId: string): Promise<boolean> {
  return (
    (await tx.query("select from tasks t where t.probe_of = $1 and t.status = 'queued'", [pauseId])).rowCount === 1
  );
}

async function nothingToRelease(tx: Transaction, pause: PausedRow): Promise<PauseError> {
  const {
    rows: [row],
  } = await tx.query<{ others: string | null }>(
    `select string_agg(p.id::text, ', ') as others
       from active_pauses p
      where p.id <> $1
        and p.scope_kind = $2
        and p.scope_value = $3
        and p.also is not distinct from $4::jsonb`,
    [pause.id, pause.scope_kind, pause.scope_value, pause.also === null ? null : JSON.stringify(pause.also)],
  );
  return new PauseError(
    'nothing_to_release',
    `no task of ${scopeText(scopeOf(pause))} could start by being let go: none waits, or what waits is ` +
      'parked, not due, in line at its repo, or held by another pause as ' +
      `well${row === undefined || row.others === null ? '' : ` (such as ${row.others})`}`,
  );
}

async function endRelease(
  tx: Transaction,
  pauseId: string,
  as: 'done' | 'stopped' | 'replaced',
): Promise<ReleaseRow | undefined> {
  const {
    rows: [row],
  } = await tx.query<ReleaseRow>(
    `update senate_releases r set ended_at = now(), ended_as = $2
       where r.pause_id = $1 and r.ended_at is null
       returning r.*`,
    [pauseId, as],
  );
  return row;
}

async function noted(tx: Transaction, row: ReleaseRow | undefined, by: string): Promise<ReleaseView> {
  if (row === undefined) throw new Error('a release was written and answered no row');
  await audit(tx, by, 'pause.released', row);
  return toReleaseView(row);
}

async function audit(tx: Transaction, by: string, action: string, row: ReleaseRow): Promise<void> {
  await tx.query(
    "insert into senate_audit (by, action, subject_kind, subject_id, why, data) values ($1, $2, 'pause', $3, $4, $5)",
    [by, action, row.pause_id, row.reason, JSON.stringify(toReleaseView(row))],
  );
}

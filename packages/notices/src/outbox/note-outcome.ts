import { inTransaction, type Database, type Queryable } from '@orchestra/database';
import type { HeldNotice } from './take-due.ts';

/**
 * Of this kind is the alert about a target that wants no more notices. It names no actor and counts toward no pause.
 */
const NOTICE_TARGET_GONE = 'notice_target_gone';
const AUTHOR = 'senate.notices';

// Only while it is still held by this process: one that was too slow has been taken by another.
const HELD = 'd.target = $1 and d.position = $2 and d.held_by = $3';
const key = ({ target, position, heldBy }: HeldNotice): unknown[] => [target, position, heldBy];

export async function noteDelivered(db: Queryable, held: HeldNotice): Promise<void> {
  await db.query(
    `with sent as (delete from notice_deliveries d where ${HELD} returning d.target)
     update notice_targets t set delivered = t.delivered + 1, last_success_at = now(), failures = 0,
       resting_until = null
       from sent where t.name = sent.target`,
    key(held),
  );
}

/** The target has no word for it: neither sent nor given up, and says nothing of how the target does. */
export async function passOver(db: Queryable, held: HeldNotice): Promise<void> {
  await db.query(`delete from notice_deliveries d where ${HELD}`, key(held));
}

interface Failure {
  why: string;
  /** Before this notice is tried again. */
  waitMs: number;
  /**
   * Before anything is sent to the target again; undefined: the trouble is this notice's. Given how many failures in a
   * row there are now.
   */
  restMs: ((failures: number) => number) | undefined;
}

export async function noteFailed(db: Database, held: HeldNotice, { why, waitMs, restMs }: Failure): Promise<void> {
  await inTransaction(db, async (tx) => {
    // The delivery before the target, as everybody else.
    await tx.query(
      `update notice_deliveries d set held_by = null, held_until = null, next_try_at = now() + make_interval(secs => $4)
         where ${HELD}`,
      [...key(held), waitMs / 1_000],
    );
    const {
      rows: [target],
    } = await tx.query<{ failures: number; resting: boolean }>(
      `select t.failures, coalesce(t.resting_until > now(), false) as resting
         from notice_targets t
        where t.name = $1 for update`,
      [held.target],
    );
    // Calls that failed side by side are one failure of the target.
    const failures = (target?.failures ?? 0) + (restMs !== undefined && !target?.resting ? 1 : 0);
    await tx.query(
      `update notice_targets t set last_failure_at = now(), last_failure = $2, failures = $3,
              resting_until = case when $4::float8 is null then t.resting_until
                else greatest(t.resting_until, now() + make_interval(secs => $4)) end
        where t.name = $1`,
      [held.target, why, failures, restMs === undefined ? null : restMs(failures) / 1_000],
    );
  });
}

/** Will not be sent: said in the history, so that nobody looks for it in vain. */
export async function noteGivenUp(db: Queryable, held: HeldNotice, why: string): Promise<void> {
  const {
    subject,
    tries,
    notice: { eventId, event },
  } = held;
  await db.query(
    `with dropped as (delete from notice_deliveries d where ${HELD} returning d.target),
          history as (
            insert into senate_audit (by, action, subject_kind, subject_id, why, data)
            select '${AUTHOR}', 'notice.given_up', 'notice_target', dropped.target, $4, $5::jsonb from dropped)
     update notice_targets t set given_up = t.given_up + 1, last_failure_at = now(), last_failure = $4
       from dropped
       where t.name = dropped.target`,
    [...key(held), why, JSON.stringify({ event_id: eventId, type: event.type, subject, tries })],
  );
}

/** @returns how many were given up because they are no news any more */
export async function giveUpOld(db: Queryable, target: string, ageMaxMs: number): Promise<number> {
  const { rowCount } = await db.query(
    `with dropped as (
       delete from notice_deliveries d
        where d.target = $1 and d.at < now() - make_interval(secs => $2)
          and (d.held_until is null or d.held_until <= now())
          and exists (select from notice_targets t where t.name = $1 and t.gone_at is null)
       returning d.event_id, d.type, d.subject, d.tries), counted as (
       update notice_targets t set given_up = t.given_up + (select count(*) from dropped)
         where t.name = $1 and exists (select from dropped))
     insert into senate_audit (by, action, subject_kind, subject_id, why, data)
     select '${AUTHOR}', 'notice.given_up', 'notice_target', $1, 'could not be sent within a day', to_jsonb(dropped)
       from dropped`,
    [target, ageMaxMs / 1_000],
  );
  return rowCount ?? 0;
}

/** Switches a target off, once, with an alert that others are told of. What waits for it is kept. */
export async function noteGone(db: Database, held: HeldNotice, why: string): Promise<boolean> {
  return inTransaction(db, async (tx) => {
    await tx.query(`update notice_deliveries d set held_by = null, held_until = null where ${HELD}`, key(held));
    const { rowCount } = await tx.query(
      `update notice_targets t set gone_at = now(), last_failure_at = now(), last_failure = $2
         where t.name = $1 and t.gone_at is null`,
      [held.target, why],
    );
    if (rowCount === 0) return false;
    await tx.query("select set_config('orchestra.who', $1, true)", [AUTHOR]);
    await tx.query(
      `insert into senate_alerts (kind, severity, details)
         values ($1, 'high', jsonb_build_object('target', $2::text, 'answer', $3::text))`,
      [NOTICE_TARGET_GONE, held.target, why],
    );
    await tx.query(
      `insert into senate_audit (by, action, subject_kind, subject_id, why)
         values ('${AUTHOR}', 'notice_target.gone', 'notice_target', $1, $2)`,
      [held.target, why],
    );
    return true;
  });
}

/** Not tried after all: the service stops. */
export async function handBack(db: Queryable, held: HeldNotice): Promise<void> {
  await db.query(
    `update notice_deliveries d set held_by = null, held_until = null, tries = d.tries - 1 where ${HELD}`,
    key(held),
  );
}

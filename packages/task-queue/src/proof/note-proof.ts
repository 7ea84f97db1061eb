import type { Queryable } from '@orchestra/database';
import { PROVER } from './prove-brake.ts';

/**
 * Of this kind are alerts about a brake that could not be proved. They name no actor, so they count toward no
 * auto-pause.
 */
export const BRAKE_NOT_PROVED = 'brake_not_proved';

// The first test comes a little after the first start: an operator who is setting things up has other things to look
// at.
const FIRST_AFTER_SECONDS = 300;
/** A test that has not been made for two periods and this is overdue. */
export const OVERDUE_SLACK_SECONDS = 120;

/**
 * Notes how often the brake is to be proved.
 *
 * @param everySeconds null: never
 */
export async function setProofPeriod(db: Queryable, everySeconds: number | null): Promise<void> {
  await db.query(
    `insert into brake_proof as b (every_seconds, tried_at, watched_since)
     select $1::int, now() - make_interval(secs => greatest($1::int - ${FIRST_AFTER_SECONDS}, 0)), now()
      where $1::int is not null
         on conflict (only_one) do update
            set every_seconds = $1::int, watched_since = case when b.every_seconds is null then now()
              else b.watched_since end
          where b.every_seconds is distinct from $1::int`,
    [everySeconds],
  );
  if (everySeconds === null)
    await db.query('update brake_proof b set every_seconds = null where b.every_seconds is not null');
}

/** Is the next test due? Of several processes that ask, one is told so and makes it. */
export async function takeProofTurn(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query(
    `update brake_proof b set tried_at = now()
       where b.every_seconds is not null and (b.tried_at is null
                                              or b.tried_at <= now() - make_interval(secs => b.every_seconds))`,
  );
  return (rowCount ?? 0) > 0;
}

/** @param failure null: the brake was proved */
export async function noteProof(db: Queryable, failure: string | null): Promise<void> {
  await db.query(
    `update brake_proof b
        set proved_at = case when $1::text is null then now() else b.proved_at end, failed_at = case
          when $1::text is not null then now() end,
            failure = $1, alerted_at = case when $1::text is null then null else b.alerted_at end`,
    [failure],
  );
}

/**
 * Raises an alert where the last test failed or the next one is overdue, once until the brake is proved again. Safe
 * from several processes at once.
 *
 * @returns whether it was raised just now
 */
export async function alertOfProof(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query(
    `with late as (
       update brake_proof b set alerted_at = now()
        where b.every_seconds is not null and b.alerted_at is null
          and (b.failure is not null or ${isOverdue('b')})
       returning b.failure, b.proved_at
     )
     insert into senate_alerts (kind, ref_id, severity, details)
     select '${BRAKE_NOT_PROVED}', null, 'critical', jsonb_build_object(
              'says', coalesce('the self-test of the brake failed: ' || l.failure,
                               'the self-test of the brake is overdue: no instance of pause-api has made it'),
              'last_proved_at', l.proved_at, 'by', '${PROVER}')
       from late l`,
  );
  return (rowCount ?? 0) > 0;
}

/** In SQL: is the test of this row overdue? */
export function isOverdue(row: string): string {
  return (
    `coalesce(greatest(${row}.proved_at, ${row}.watched_since) < now() - make_interval(secs => 2 * ` +
    `${row}.every_seconds + ${OVERDUE_SLACK_SECONDS}), false)`
  );
}

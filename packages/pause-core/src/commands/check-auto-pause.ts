import { advisoryName, type Database, type Queryable, type Transaction } from '@orchestra/database';
import { AUTO_PAUSE_RULE, feedingAlerts, judgeAlerts, type AlertRule } from '../alert-rule.ts';
import { label } from '../contract/text.ts';
import { insertPause } from './pause-scope.ts';
import { runRinging } from './run-ringing.ts';
import { PAUSE_NEEDS_PERSON } from './stay-paused.ts';

/**
 * Of this kind are alerts about tasks that their environment holds. They count toward no auto-pause, whatever their
 * severity and whatever the rule: it is nobody's conduct.
 */
const TASK_HELD = 'task_held';

// Times ahead of the database's clock (another system's clock or time zone) count as when the alert came.
const COUNTED_AT = 'least(a.created_at, a.noted_at, now())';

// An alert feeds one pause.
const ABOUT_CONDUCT = `a.fed_pause is null and coalesce(a.kind, '') not in ('${PAUSE_NEEDS_PERSON}', '${TASK_HELD}')`;

/** Who makes auto-pauses. */
export const AUTO_PAUSER = 'senate.auto';

export interface AutoPause {
  pauseId: string;
  actor: string;
  ttlSeconds: number;
}

// More than this many alerts inside one judged stretch do not change the verdict: the newest ones decide.
const ALERTS_JUDGED_MAX = 5_000;
const LOCK_WAIT_MS = 2_000;
// First half of the two-part advisory key; the second is the actor's hash.
const AUTO_PAUSE_LOCKS = 0x0c_a5;

/**
 * Actors that may be due for an auto-pause: enough unacknowledged critical alerts in the stretch that can still matter.
 * A candidate is not yet a verdict.
 */
export async function autoPauseCandidates(db: Queryable, rule: AlertRule = AUTO_PAUSE_RULE): Promise<string[]> {
  const { rows } = await db.query<{ ref_id: string }>(
    `select label_nfc(a.ref_id) as ref_id
       from senate_alerts a
      where a.severity = 'critical' and a.ack_at is null and a.ref_id is not null
        and ${ABOUT_CONDUCT} and a.created_at > now() - make_interval(secs => $1)
      group by label_nfc(a.ref_id)
     having count(*) >= $2
      order by max(a.created_at) desc
      limit 1000`,
    [(rule.pauseMs + rule.windowMs) / 1_000, rule.alerts],
  );
  return rows.map((row) => row.ref_id);
}

/**
 * Pauses an actor whose alerts call for it (P14): exactly once, however many processes ask at the same time and however
 * late they ask; a late pause lasts for the time that is left.
 *
 * @returns the pause this call made; null when none was due
 */
export async function checkAutoPause(
  db: Database,
  refId: string,
  rule: AlertRule = AUTO_PAUSE_RULE,
): Promise<AutoPause | null> {
  // Anyone who sends alerts may write a blank around a name. No task can carry what is no label, so there is nothing to
  // pause.
  const read = label.safeParse(refId.trim());
  if (!read.success) return null;
  const actor = read.data;
  // The alerts as they stand, perhaps in another spelling of Unicode than the labels of tasks.
  const spellings = [...new Set([refId, actor, actor.normalize('NFD')])];
  return runRinging(db, undefined, async (tx) => {
    // In a statement of its own: what the next one reads has to be younger than the lock, or two judges that
    // queue here would both find "no pause yet".
    await tx.query(`set local lock_timeout = ${LOCK_WAIT_MS}`);
    await tx.query(`select pg_advisory_xact_lock($1, hashtext(${advisoryName('$2')}))`, [AUTO_PAUSE_LOCKS, actor]);
    const { alertTimes, now, paused } = await readCase(tx, actor, spellings, rule);
    if (paused) return null;
    const pauseMs = judgeAlerts(alertTimes, rule, now);
    if (pauseMs === null) return null;
    const ttlSeconds = Math.ceil(pauseMs / 1_000);
    const reason = `auto-paused: ${rule.alerts}+ critical alerts in ${rule.windowMs / 60_000}m`;
    const { id: pauseId } = await insertPause(tx, {
      scope: { kind: 'actor', value: actor },
      reason,
      ttlSeconds,
      by: AUTO_PAUSER,
      source: 'machine',
    });
    // For people alone: what counts toward the next pause is told by when this one ends.
    await tx.query(
      `update senate_alerts a set fed_pause = $1
        where a.ref_id = any ($2::text[]) and a.severity = 'critical' and a.ack_at is null and ${ABOUT_CONDUCT}
          and extract(epoch from ${COUNTED_AT})::float8 * 1000 = any ($3::float8[])`,
      [pauseId, spellings, feedingAlerts(alertTimes, rule)],
    );
    return { pauseId, actor, ttlSeconds };
  });
}

interface Case {
  alertTimes: number[];
  now: number;
  paused: boolean;
}

/** What a judge needs to know about one actor, by the database's clock. */
async function readCase(tx: Transaction, actor: string, spellings: readonly string[], rule: AlertRule): Promise<Case> {
  const { rows } = await tx.query<{ alert_times: number[] | null; now: number; paused: boolean }>(
    `with last_auto as (
       -- a person may have given it another end since, or another way to end
       select max(least(p.cleared_at, case when p.ends_as = 'resume'
                        then p.paused_at + make_interval(secs => p.ttl_seconds) end)) as ended_at,
              coalesce(bool_or(p.cleared_at is null
                               and (p.ttl_seconds is null or p.ends_as <> 'resume'
                                    or p.paused_at + make_interval(secs => p.ttl_seconds) > clock_timestamp())),
                       false) as paused
         from senate_pause p
        where p.scope_kind = 'actor' and p.scope_value = $1 and p.also is null and p.paused_by = $2)
     select l.paused, extract(epoch from clock_timestamp())::float8 * 1000 as now,
            (select array_agg(extract(epoch from a.counted_at)::float8 * 1000 order by a.counted_at)
               from (select ${COUNTED_AT} as counted_at from senate_alerts a
                      where a.ref_id = any ($5::text[]) and a.severity = 'critical' and a.ack_at is null
                        and ${ABOUT_CONDUCT}
                        and a.created_at > now() - make_interval(secs => 2 * $3)
                        and (l.ended_at is null or ${COUNTED_AT} > l.ended_at)
                      order by 1 desc limit $4) a) as alert_times
       from last_auto l`,
    [actor, AUTO_PAUSER, (rule.pauseMs + rule.windowMs) / 1_000, ALERTS_JUDGED_MAX, spellings],
  );
  const row = rows[0];
  return { alertTimes: row?.alert_times ?? [], now: row?.now ?? 0, paused: row?.paused ?? false };
}

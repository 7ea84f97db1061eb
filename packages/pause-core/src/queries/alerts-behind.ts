import type { Queryable } from '@orchestra/database';
import { AUTO_PAUSE_RULE, type AlertRule } from '../alert-rule.ts';

/** An alert that came with a time of so long before that it counts toward no auto-pause. */
export interface AlertBehind {
  id: string;
  kind: string | null;
  actor: string | null;
  /** Between its own time and when it came, by the database's clock; null: it came without a time. */
  behindSeconds: number | null;
}

/** The limit of one look: a system with a wrong clock sends every alert like this. */
const BEHIND_MAX = 1_000;

/**
 * Critical alerts of the last hour that were passed over, because their `created_at` lies further back than the rule
 * looks, or is missing: the clock or the
 * time zone of their system is wrong, or they were held up. Newest first, at most 1,000. Alerts of Orchestra's own
 * are none of them: the watchdog's tell when the run ended.
 */
export async function alertsBehind(db: Queryable, rule: AlertRule = AUTO_PAUSE_RULE): Promise<AlertBehind[]> {
  const { rows } = await db.query<AlertBehind>(
    `select a.id::text as id, a.kind, a.ref_id as actor,
            (extract(epoch from a.noted_at) - extract(epoch from a.created_at))::float8 as "behindSeconds"
       from senate_alerts a
      -- word by word the condition of the index senate_alerts_behind
      where a.severity = 'critical' and a.ack_at is null and (a.created_at is null or a.created_at < a.noted_at)
        and a.noted_at > now() - interval '1 hour'
        and (a.created_at is null or a.created_at < a.noted_at - make_interval(secs => $1))
        and coalesce(a.kind, '') not in ('runaway', 'pause_needs_person', 'task_held')
      order by a.noted_at desc
      limit ${BEHIND_MAX}`,
    [(rule.pauseMs + rule.windowMs) / 1_000],
  );
  return rows;
}

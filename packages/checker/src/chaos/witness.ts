import type { Database } from '@orchestra/database';
import type {
  ClockOffset,
  Testimony,
  WitnessedAlert,
  WitnessedAudit,
  WitnessedEvent,
  WitnessedPause,
  WitnessedTask,
} from '../history/testimony.ts';
import { monotonicMs } from './recorder.ts';

const EPOCH_MS = (time: string): string => `extract(epoch from ${time})::float8 * 1000`;

/** Reads what the database kept, once everything has ended. The server has to run with `track_commit_timestamp`. */
export async function readTestimony(db: Database): Promise<Testimony> {
  const [{ pauses, alerts }, tasks, events, audit] = await Promise.all([
    readAlertsAndPauses(db),
    db.query<WitnessedTask>(`select t.id, t.status, t.repo, t.agent_id as agent, t.skill, t.quest_id as quest,
                                    t.actor_id as actor, t.priority, t.attempt,
                                    t.payload ->> 'key' as key from tasks t order by t.id`),
    // The view of events has no transactions: they are those of the rows behind it.
    db.query<WitnessedEvent>(`select e.id::float8 as id, e.task_id as task, e.run_id as run, e.kind, e.by, e.data,
                                     ${EPOCH_MS('e.at')} as at,
                                     ${EPOCH_MS('pg_xact_commit_timestamp(e.by_transaction)')} as "committedAt"
                                from (select r.*, r.xmin as by_transaction from task_event_rows r
                                       union all
                                      select v.*, b.xmin from event_batches b cross join lateral events_of_batch(b) v) e
                               order by e.id`),
    db.query<WitnessedAudit>(`select a.id::float8 as id, a.by, a.action, a.subject_kind as "subjectKind",
                                     a.subject_id as subject, a.why,
                                     ${EPOCH_MS('a.at')} as at,
                                     ${EPOCH_MS('pg_xact_commit_timestamp(a.xmin)')} as "committedAt"
                                       from senate_audit a
                                       order by a.id`),
  ]);
  return {
    tasks: tasks.rows,
    events: events.rows,
    pauses,
    audit: audit.rows,
    alerts,
    impossible: await countImpossible(db),
  };
}

export async function readAlertsAndPauses(
  db: Database,
): Promise<{ alerts: WitnessedAlert[]; pauses: WitnessedPause[] }> {
  const [pauses, alerts] = await Promise.all([
    db.query<WitnessedPause>(`select p.id, p.scope_kind as kind, p.scope_value as value, p.also, p.paused_by as by,
                                     p.reason, p.source, p.ttl_seconds as "ttlSeconds",
                                     ${EPOCH_MS('p.paused_at')} as "pausedAt",
                                     ${EPOCH_MS('p.cleared_at')} as "clearedAt", p.cleared_by as "clearedBy"
                                from senate_pause p order by p.id`),
    db.query<WitnessedAlert>(`select a.id, a.ref_id as actor, a.severity, ${EPOCH_MS('a.created_at')} as "createdAt",
                                     ${EPOCH_MS('a.ack_at')} as "ackAt",
                                     a.details ->> 'key' as key from senate_alerts a order by a.id`),
  ]);
  return { alerts: alerts.rows, pauses: pauses.rows };
}

/** Rows that no sequence of calls may leave behind (P15), whatever constraints there are. */
export async function countImpossible(db: Database): Promise<number> {
  const { rows } = await db.query<{ count: number }>(`
    select count(*)::int as count from tasks t
     where t.status = 'queued' and (t.run_id is not null or t.pid is not null or t.started_at is not null)
        or t.status = 'running' and (t.run_id is null or t.started_at is null or t.heartbeat_at is null)
        or t.status not in ('queued', 'running') and t.run_id is not null`);
  return rows[0]?.count ?? 0;
}

const CLOCK_LOOKS = 10;

export async function measureClock(db: Database): Promise<ClockOffset> {
  let best: ClockOffset = { ms: 0, errorMs: Infinity };
  for (let look = 0; look < CLOCK_LOOKS; look++) {
    const before = monotonicMs();
    const { rows } = await db.query<{ now: number }>(`select ${EPOCH_MS('clock_timestamp()')} as now`);
    const errorMs = (monotonicMs() - before) / 2;
    if (rows[0] !== undefined && errorMs < best.errorMs) best = { ms: rows[0].now - (before + errorMs), errorMs };
  }
  return best;
}

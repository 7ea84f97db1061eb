import type { Queryable } from '@orchestra/database';
import { listActivePauses } from '@orchestra/pause-core';
import { DESK_COUNTED_MAX, type DeskNumbers } from '../contract/index.ts';
import { viewActivePauses } from '../pauses/active-pause-views.ts';
import { viewBrakeProof } from '../proof/brake-proof.ts';

const PAUSES_MAX = 200;

// Every count is small by its nature or has a limit of its own: this is asked every two seconds, and a million may
// wait.
const NUMBERS = `
select clock_timestamp() as at,
       (select greatest((select max(e.id) from task_event_rows e),
                        (select max(b.id) from event_batches b))) as last_task_event_id,
       (select count(*)::int
          from (select from tasks t where t.status = 'queued' limit ${DESK_COUNTED_MAX + 1}) w) as queued,
       (select count(*)::int from tasks t where t.status = 'running') as running,
       (select count(*)::int from (select from tasks t where t.status = 'held' limit ${DESK_COUNTED_MAX}) h) as held,
       (select count(*)::int
          from (select from tasks t
                 where t.paused_at is not null
                   and t.status in ('queued', 'running', 'held')
                 limit ${DESK_COUNTED_MAX}) p) as parked,
       (select count(*)::int
          from (select from tasks t
                 where t.paused_at is not null
                   and t.status in ('queued', 'running', 'held')
                   and t.questions is not null
                   and t.answer is null
                 limit ${DESK_COUNTED_MAX}) q) as asking,
       (select count(*)::int
          from (select from senate_alerts a
                 where a.severity = 'critical'
                   and a.ack_at is null
                   and a.created_at > now() - interval '1 day'
                 limit 1000) a) as critical_alerts`;

interface Row extends Omit<DeskNumbers, 'at' | 'queued_more' | 'pauses' | 'brake_proof'> {
  at: Date;
}

/** The numbers of a desk, as of now. */
export async function readLiveStats(db: Queryable): Promise<DeskNumbers> {
  const {
    rows: [row],
  } = await db.query<Row>(NUMBERS);
  if (row === undefined) throw new Error('a statement without a from answered no row');
  const pauses = await viewActivePauses(db, (await listActivePauses(db)).slice(0, PAUSES_MAX));
  return {
    ...row,
    at: row.at.toISOString(),
    queued: Math.min(row.queued, DESK_COUNTED_MAX),
    queued_more: row.queued > DESK_COUNTED_MAX,
    pauses: pauses.map(({ id, in_flight_count, claimed_ahead_count, queued, queued_more, quiet }) => ({
      id,
      in_flight_count,
      claimed_ahead_count,
      queued,
      queued_more,
      quiet,
    })),
    brake_proof: await viewBrakeProof(db),
  };
}

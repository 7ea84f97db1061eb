import type { Database, Queryable } from '@orchestra/database';
import {
  attachedWorksUnder,
  expiresAt,
  listActivePauses,
  listAttachedQueues,
  toPauseView,
  type Pause,
  type Scope,
} from '@orchestra/pause-core';
import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { scopesOf } from '../sql/labels-under-scope.ts';
import { asCounted, WAITING_COUNTED_MAX, waitingUnder } from './covered-work.ts';
import { runsUnder } from '../history/runs-labelled.ts';

type Counted = Pick<ActivePauseView, 'in_flight_count' | 'claimed_ahead_count' | 'queued' | 'queued_more'>;
interface Counts {
  id: string;
  begun: number;
  ahead: number;
  waiting: number;
}

const COUNTS = `
select p.id, count(r.run_id) filter (where not r.prefetched)::int as begun, count(r.run_id)
  filter (where r.prefetched)::int as ahead,
       case p.scope_kind ${scopesOf('p')
         .map((scope) => `when '${scope.kind}' then (${waitingUnder(scope, WAITING_COUNTED_MAX.list)})`)
         .join('\n')} end as waiting
  from senate_pause p
  left join (
${scopesOf('q')
  .map(
    (scope) => `       select q.id as pause_id, u.run_id, u.prefetched
      from senate_pause q
      cross join lateral (${runsUnder(scope, 't.run_id, t.prefetched')}) u
        where q.scope_kind = '${scope.kind}' and q.id = any ($1::bigint[])`,
  )
  .join('\n        union all\n')}) r on r.pause_id = p.id
 where p.id = any ($1::bigint[])
 group by p.id, p.scope_kind, p.scope_value, p.also`;

/** All active pauses with age, time left, and what each of them covers, newest first. */
export async function listActivePauseViews(db: Queryable, scope?: Scope): Promise<ActivePauseView[]> {
  return viewActivePauses(db, await listActivePauses(db, scope));
}

/** These pauses with age, time left, and what each of them covers. */
export async function viewActivePauses(db: Queryable, pauses: readonly Pause[]): Promise<ActivePauseView[]> {
  if (pauses.length === 0) return [];
  const { rows } = await db.query<Counts>(COUNTS, [pauses.map((pause) => pause.id)]);
  const counts = new Map(rows.map((row) => [row.id, row]));
  const now = await asOfNow(db);
  return pauses.map((pause) => {
    const { begun = 0, ahead = 0, waiting = 0 } = counts.get(pause.id) ?? {};
    return viewActivePause(
      pause,
      { in_flight_count: begun, claimed_ahead_count: ahead, ...asCounted(waiting, WAITING_COUNTED_MAX.list) },
      now,
    );
  });
}

// Counting reads the table of the engine once for each of them.
const WITH_ATTACHED_MAX = 200;

/** The same for a list that somebody has asked for: with what each covers in attached queues. */
export async function listPausesWithAttached(db: Database, pauses: readonly Pause[]): Promise<ActivePauseView[]> {
  const [views, queues] = [await viewActivePauses(db, pauses), await listAttachedQueues(db)];
  if (queues.length === 0) return views;
  const works = await attachedWorksUnder(
    db,
    pauses.slice(0, WITH_ATTACHED_MAX).map(({ scope }) => scope),
    queues,
  );
  return views.map((view, nth) => {
    const attached = works[nth];
    return attached === undefined ? view : { ...view, attached };
  });
}

/** An active pause with age, time left, and what was counted of the work that it covers. */
export function viewActivePause(
  pause: Pause,
  { in_flight_count, claimed_ahead_count, queued, queued_more }: Counted,
  { now, hasAttached }: AsOf,
): ActivePauseView {
  const overAt = expiresAt(pause);
  return {
    ...toPauseView(pause),
    age_seconds: Math.max(0, (now.getTime() - pause.pausedAt.getTime()) / 1_000),
    remaining_seconds: overAt === null ? null : Math.max(0, (overAt.getTime() - now.getTime()) / 1_000),
    in_flight_count,
    claimed_ahead_count,
    queued,
    queued_more,
    // Jobs of attached queues are not counted for this: that they are quiet is noted once.
    quiet: in_flight_count + claimed_ahead_count === 0 && (!hasAttached || pause.quietAt !== null),
  };
}

/** When something was counted, and whether other queues may hold more of it. */
export interface AsOf {
  now: Date;
  hasAttached: boolean;
}

/** By the database's clock, the one that pauses are dated by. */
export async function asOfNow(db: Queryable): Promise<AsOf> {
  const {
    rows: [row],
  } = await db.query<AsOf>(
    `select clock_timestamp() as now, exists (select from attachments)
       or exists (select from attached_elsewhere) as "hasAttached"`,
  );
  if (row === undefined) throw new Error('a statement without a from answered no row');
  return row;
}

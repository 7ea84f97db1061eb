import { readInstant, type Queryable } from '@orchestra/database';
import type { VerifyAnswer } from '@orchestra/pause-core/contract';
import { coveredBy } from '../pause-keys.ts';
import { firstEventSince } from './first-event-since.ts';

export interface VerifyOrder {
  /** RFC 3339; absent: the last hour. */
  since?: string | undefined;
  /** How many claims to look at, the newest ones. */
  limit: number;
}

const VIOLATIONS_MAX = 200;

// A pause is written by the clock and a claim dated by the beginning of its transaction, so either may be the earlier one where
// they met. This only narrows the search; what a claim saw is told by its snapshot.
const SLACK = "interval '1 minute'";

/**
 * Of each claim: the last thing that it can have known of each pause on its labels. Every change of a pause writes an event with all
 * there is to know of it; the events of one pause are written one after the other, in the order of their ids. Whether a claim saw an
 * event is told by the claim's snapshot and the event's transaction, and by nothing else.
 */
const VERIFY = `
with claims as materialized (
  select e.id, e.task_id, e.run_id, e.by, e.at, (e.data ->> 'snapshot')::pg_snapshot as snapshot, (e.data ->> 'probe_of')::bigint as probe_of,
         t.agent_id, coalesce(e.data ->> 'skill', t.skill) as skill, t.quest_id, t.actor_id
    from (select e.id, e.task_id, e.run_id, e.by, e.at, e.data from task_events e
           where e.id >= $3::bigint and e.kind = 'claimed' and e.at >= coalesce($1::timestamptz, now() - interval '1 hour')
           order by e.id desc limit $2::int) e
    join tasks t on t.id = e.task_id
), violations as (
  select c.task_id::text, c.run_id, c.by as worker, c.at as claimed_at, p.id::text as pause_id, p.scope_kind, p.scope_value, p.paused_at
    from claims c
    join senate_pause p
      on ${coveredBy('p', 'c')}
     and p.paused_at < c.at + ${SLACK} and (p.cleared_at is null or p.cleared_at > c.at - ${SLACK})
   cross join lateral (
         select v.data from senate_events v
          where v.type like 'pause.%' and v.data ->> 'id' = p.id::text and pg_visible_in_snapshot(v.xid, c.snapshot)
          order by v.id desc limit 1) known
   where c.snapshot is not null and c.probe_of is distinct from p.id
     -- a probe of one pause is let through by every other one that probes as well
     and (c.probe_of is null or known.data ->> 'probing_at' is null)
     and known.data ->> 'cleared_at' is null
     and (coalesce(known.data ->> 'then', 'resume') <> 'resume' or known.data ->> 'expires_at' is null or (known.data ->> 'expires_at')::timestamptz > c.at)
)
select (select count(*)::int from claims) as checked, (select count(*)::int from claims c where c.snapshot is null) as unknown,
       (select min(c.at) from claims c) as first, (select max(c.at) from claims c) as last,
       (select coalesce(jsonb_agg(v), '[]') from (select * from violations v order by v.claimed_at, v.task_id limit ${VIOLATIONS_MAX}) v) as violations`;

interface Row { checked: number; unknown: number; first: Date | null; last: Date | null; violations: Found[] }
interface Found { task_id: string; run_id: string | null; worker: string; claimed_at: string; pause_id: string; scope_kind: VerifyAnswer['violations'][number]['scope_kind']; scope_value: string; paused_at: string }

/** Did anything start while it was paused (P1)? Looks at what every claim itself could see. */
export async function verifyClaims(db: Queryable, { since, limit }: VerifyOrder): Promise<VerifyAnswer> {
  const { rows: [row] } = await db.query<Row>(VERIFY, [since ?? null, limit, await firstEventSince(db, since)]);
  if (row === undefined) throw new Error('a statement that counts answered no row');
  return {
    claims_checked: row.checked, claims_unknown: row.unknown, from: row.first?.toISOString() ?? null, to: row.last?.toISOString() ?? null,
    complete: row.checked < limit,
    violations: row.violations.map((found) => ({
      ...found, claimed_at: readInstant(found.claimed_at).toISOString(), paused_at: readInstant(found.paused_at).toISOString(),
    })),
  };
}

import { inUtc, type Database, type Queryable } from '@orchestra/database';
import { verifyAttached } from '@orchestra/pause-core';
import type { VerifyAnswer } from '@orchestra/pause-core/contract';
import { LABEL_COLUMN, labelArguments } from '../sql/labels-under-scope.ts';
import { firstEventSince } from '../history/first-event-since.ts';
import { labelAtClaim, sawEvent, snapshotOf } from '../history/what-a-claim-saw.ts';

export interface VerifyOrder {
  /** RFC 3339; absent: the last hour. */
  since?: string | undefined;
  /** How many claims to look at, the newest ones. */
  limit: number;
}

const LISTED_MAX = 200;

// A pause is written by the clock and a claim dated by the beginning of its transaction, so either may be the earlier
// one where they met. This only narrows the search; what a claim saw is told by its snapshot.
const SLACK = "interval '1 minute'";

const COLUMNS = Object.entries(LABEL_COLUMN);
const labels = COLUMNS.map(([, column]) => `${labelAtClaim('e', 't', column)} as ${column}`).join(', ');
const keys = [`('fleet *')`, ...COLUMNS.map(([kind, column]) => `('${kind} ' || c.${column})`)].join(', ');
const covers =
  `pause_covers(v.data ->> 'scope_kind', v.data ->> 'scope_value', nullif(v.data -> 'also', 'null'), ` +
  `${labelArguments((column) => `c.${column}`)})`;

// Did the pause hold the claim's task by what this event says? A probe of one pause is let through by every other one
// that probes as well.
const HOLDS = `coalesce(${covers}, false) and (c.probe_of is null or v.data ->> 'probing_at' is null)
                and v.data ->> 'cleared_at' is null
                and (coalesce(v.data ->> 'then', 'resume') <> 'resume' or v.data ->> 'expires_at' is null
                     or (v.data ->> 'expires_at')::timestamptz > c.at)`;

/**
 * Of each claim: the last thing that it can have known of each pause that ever was on its labels. Every change of a
 * pause writes an event with all there is to know of it; the events of one pause are written one after the other, in
 * the order of their ids. The claim's labels come from its own event and the scope from the pause's, never from today's
 * rows. `surely` goes by what the claim has certainly seen, `perhaps` by what it may have seen; where they differ,
 * nothing can be said.
 */
const VERIFY = `
with claims as materialized (
  select e.id, e.task_id, e.run_id, e.by, e.at, ${snapshotOf('e')} as snapshot, e.data ->> 'cluster' as cluster,
         case when e.data ->> 'probe_of' ~ '^[0-9]{1,18}$' then e.data ->> 'probe_of' end as probe_of, ${labels}
    from (select e.id, e.task_id, e.run_id, e.by, e.at, e.data
            from (select v.id, v.task_id, v.run_id, v.by, v.at, v.data
                    from newest_batches($2::int, '{claimed}', $3::bigint) b
                   cross join lateral events_of_batch(b) v
                   union all
                  (select r.id, r.task_id, r.run_id, r.by, r.at, r.data from task_event_rows r
                    where r.id >= $3::bigint and r.kind = 'claimed' order by r.id desc limit $2::int)) e
           where e.at >= coalesce($1::timestamptz, now() - interval '1 hour')
           order by e.id desc limit $2::int) e
    left join tasks t on t.id = e.task_id
), told as materialized (
  select v.data ->> 'id' as pause_id, (v.data ->> 'scope_kind') || ' ' || (v.data ->> 'scope_value') as key, v.at,
         min(v.at) over w as begun_at, last_value(v.data ->> 'cleared_at') over w as cleared_at,
         max(v.at) over w as ended_at
    from senate_events v where v.type like 'pause.%'
  window w as (partition by v.data ->> 'id' order by v.id rows between unbounded preceding and unbounded following)
), scopes as materialized (
  select distinct s.pause_id, s.key, s.begun_at, case when s.cleared_at is not null then s.ended_at end as ended_at
    from told s
), pairs as materialized (
  select distinct c.id as claim_id, s.pause_id
    from claims c cross join lateral (values ${keys}) k(key)
    join scopes s on s.key = k.key and s.begun_at < c.at + ${SLACK}
      and (s.ended_at is null or s.ended_at > c.at - ${SLACK})
   where c.snapshot is not null and c.probe_of is distinct from s.pause_id
), judged as materialized (
  select c.id, c.task_id, c.run_id, c.by, c.at, p.pause_id, j.surely, j.perhaps, j.data
    from pairs p join claims c on c.id = p.claim_id
   cross join lateral (
         select coalesce((array_agg(k.holds order by k.id desc) filter (where k.seen))[1], false) as surely,
                coalesce((array_agg(k.holds order by k.id desc) filter (where k.seen is not false))[1],
                         false) as perhaps,
                (array_agg(k.data order by k.id desc) filter (where k.seen))[1] as data
           from (select v.id, v.data, ${HOLDS} as holds, ${sawEvent('v', 'c')} as seen
                   from senate_events v where v.type like 'pause.%' and v.data ->> 'id' = p.pause_id) k) j
), violations as (
  select j.task_id::text, j.run_id, j.by as worker, j.at as claimed_at, j.pause_id,
         j.data ->> 'scope_kind' as scope_kind, j.data ->> 'scope_value' as scope_value,
         nullif(j.data -> 'also', 'null') as also,
         j.data ->> 'paused_at' as paused_at
    from judged j where j.surely and j.perhaps
), unknown as materialized (
  select c.task_id::text, c.run_id, c.by as worker, c.at as claimed_at, case when c.snapshot is null then 'no_snapshot'
    else 'other_cluster' end as why
    from claims c
   where c.snapshot is null or c.id in (select j.id
                                          from judged j
                                         group by j.id
                                        having bool_or(j.surely <> j.perhaps)
                                           and not bool_or(j.surely and j.perhaps))
)
select (select count(*)::int from claims) as checked, (select count(*)::int from unknown) as unknown_count,
       (select min(c.at) from claims c) as first, (select max(c.at) from claims c) as last,
       (select coalesce(jsonb_agg(u), '[]')
          from (select * from unknown u order by u.claimed_at, u.task_id limit ${LISTED_MAX}) u) as unknown,
       (select coalesce(jsonb_agg(v), '[]')
          from (select * from violations v order by v.claimed_at, v.task_id limit ${LISTED_MAX}) v) as violations`;

interface Claim {
  task_id: string;
  run_id: string | null;
  worker: string;
  claimed_at: string;
}
interface Unknown extends Claim {
  why: VerifyAnswer['unknown'][number]['why'];
}
interface Found extends Claim {
  pause_id: string;
  scope_kind: VerifyAnswer['violations'][number]['scope_kind'];
  scope_value: string;
  also: VerifyAnswer['violations'][number]['also'];
  paused_at: string;
}
interface Row {
  checked: number;
  unknown_count: number;
  first: Date | null;
  last: Date | null;
  unknown: Unknown[];
  violations: Found[];
}

/** Did anything start while it was paused (P1)? Here, and in attached queues as far as these can tell. */
export async function verifyEverything(db: Database, order: VerifyOrder): Promise<VerifyAnswer> {
  return { ...(await verifyClaims(db, order)), attached: await verifyAttached(db) };
}

/** Did anything start while it was paused (P1)? Looks at what every claim itself could see. */
export async function verifyClaims(
  db: Queryable,
  { since, limit }: VerifyOrder,
): Promise<Omit<VerifyAnswer, 'attached'>> {
  const {
    rows: [row],
  } = await db.query<Row>(VERIFY, [since ?? null, limit, await firstEventSince(db, since)]);
  if (row === undefined) throw new Error('a statement that counts answered no row');
  return {
    claims_checked: row.checked,
    claims_unknown: row.unknown_count,
    unknown: row.unknown.map((claim) => ({ ...claim, claimed_at: inUtc(claim.claimed_at) })),
    from: row.first?.toISOString() ?? null,
    to: row.last?.toISOString() ?? null,
    complete: row.checked < limit,
    violations: row.violations.map((found) => ({
      ...found,
      claimed_at: inUtc(found.claimed_at),
      paused_at: inUtc(found.paused_at),
    })),
  };
}

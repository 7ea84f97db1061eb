import type { Queryable } from '@orchestra/database';

/** What one gate has said of itself. */
export interface GateSighting {
  id: string;
  tokenId: string;
  reportedBy: string;
  name: string;
  kind: string;
  host: string | null;
  keepsCopy: boolean;
  stopsWhenUnknown: boolean;
  /** null: as it said before */
  knownPauses: readonly string[] | null;
  leaving: boolean;
}

/** Steps that one pause has stopped at one gate. */
export interface NotedRefusal {
  pauseId: string;
  gate: string;
  reportedBy: string;
  agentId: string | null;
  skill: string | null;
  refused: number;
  firstAgoMs: number;
  lastAgoMs: number;
}

const TOLD_APART_MAX = 1_000;
// Beyond this many no other gate is taken in; they are forgotten after a day.
const GATES_MAX = 100_000;

/** Parameter: $1 the sightings, one for each gate. In one order, as every service writes them. */
const NOTE_GATES = `
insert into turn_gates as g (id, token_id, reported_by, name, kind, host, keeps_copy, stops_when_unknown, left_at,
                             known_pauses)
select s.id, s."tokenId", s."reportedBy", s.name, s.kind, s.host, s."keepsCopy", s."stopsWhenUnknown", case
  when s.leaving then clock_timestamp() end, s."knownPauses"
  from jsonb_to_recordset($1::jsonb) as s(id text, "tokenId" bigint, "reportedBy" text, name text, kind text,
                                          host text, "keepsCopy" boolean,
       "stopsWhenUnknown" boolean, leaving boolean, "knownPauses" bigint[])
 where exists (select from turn_gates k where k.id = s.id)
   or (select count(*) from (select from turn_gates limit ${GATES_MAX}) c) < ${GATES_MAX}
 order by s.id
    on conflict (id) do update
   set name = excluded.name, kind = excluded.kind, host = excluded.host, reported_by = excluded.reported_by,
     keeps_copy = excluded.keeps_copy,
       stops_when_unknown = excluded.stops_when_unknown, seen_at = clock_timestamp(), left_at = excluded.left_at,
       known_pauses = coalesce(excluded.known_pauses, g.known_pauses)
 where g.token_id = excluded.token_id`;

/** Parameters: $1 the refusals; $2 how many are told apart for each pause. Those of no pause are left out. */
const NOTE_REFUSALS = `
with given as (
  select r."pauseId" as pause_id, r.gate, coalesce(r."agentId", '') as agent_id, r."reportedBy" as reported_by,
         r.skill, r.refused,
         now() - make_interval(secs => r."firstAgoMs" / 1000) as first_at,
         now() - make_interval(secs => r."lastAgoMs" / 1000) as last_at
    from jsonb_to_recordset($1::jsonb) as r("pauseId" bigint, gate text, "agentId" text, "reportedBy" text, skill text,
                                            refused bigint, "firstAgoMs" float8, "lastAgoMs" float8)
   where exists (select from senate_pause p where p.id = r."pauseId")
), judged as (
  select g.*, exists (select
                        from gate_refusals k
                       where k.pause_id = g.pause_id
                         and k.gate = g.gate
                         and k.agent_id = g.agent_id)
           or (select count(*)
                 from (select from gate_refusals c where c.pause_id = g.pause_id limit $2) c) < $2 as told_apart
    from given g
), summed as (
  select j.pause_id, case when j.told_apart then j.gate else '' end as gate, case when j.told_apart then j.agent_id
    else '' end as agent_id,
         max(j.reported_by) as reported_by, (array_agg(j.skill order by j.last_at desc))[1] as skill,
         sum(j.refused)::bigint as refused,
         min(j.first_at) as first_at, max(j.last_at) as last_at
    from judged j group by 1, 2, 3
)
insert into gate_refusals as r (pause_id, gate, agent_id, reported_by, skill, refused, first_at, last_at)
select s.pause_id, s.gate, s.agent_id, s.reported_by, s.skill, s.refused, s.first_at, s.last_at from summed s
 order by s.pause_id, s.gate, s.agent_id
    on conflict (pause_id, gate, agent_id) do update
   set refused = r.refused + excluded.refused, reported_by = excluded.reported_by,
     skill = coalesce(excluded.skill, r.skill),
       first_at = least(r.first_at, excluded.first_at), last_at = greatest(r.last_at, excluded.last_at)`;

/**
 * Writes down which gates are there and what each knows; each gate once at the most. A gate of another token's id is
 * left as it is.
 */
export async function noteGates(db: Queryable, sightings: readonly GateSighting[]): Promise<void> {
  if (sightings.length > 0) await db.query(NOTE_GATES, [JSON.stringify(sightings)]);
}

/** Counts steps that pauses have stopped at gates. */
export async function noteRefusals(db: Queryable, refusals: readonly NotedRefusal[]): Promise<void> {
  if (refusals.length > 0) await db.query(NOTE_REFUSALS, [JSON.stringify(refusals), TOLD_APART_MAX]);
}

/**
 * Forgets gates that were not seen for a day, and what was refused under pauses that ended three months ago and longer.
 */
export async function forgetOldGates(db: Queryable): Promise<void> {
  await db.query("delete from turn_gates g where g.seen_at < now() - interval '1 day'");
  await db.query(
    `delete from gate_refusals r
      where r.last_at < now() - interval '90 days'
        and not exists (select from active_pauses p where p.id = r.pause_id)`,
  );
}

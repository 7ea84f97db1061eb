import type { Queryable } from '@orchestra/database';

/** For whom a claim would do something now, and when that may next change by the clock. */
export interface OpenWork {
  /** Labels of tasks that a claim would take, or would have to put off for a pause. */
  kinds: { agent: string | null; skill: string | null }[];
  /** True: there are more kinds than are listed. */
  more: boolean;
  /** Until the next retry is due or the next pause ends, by the database's clock; null: nothing is known to come. */
  nextInMs: number | null;
}

const KINDS_MAX = 1_000;

/**
 * One statement for any number of waiting workers. It tells eligible, paused and put off as the claim does, which
 * `open-work.db.test.ts` holds them to; but it is a hint only, the claim is the gate.
 */
const LOOK = `
with paused as materialized (
  select p.id, p.scope_kind, p.scope_value, p.ends_at from active_pauses p
), keys as materialized (
  select coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'agent'), '{}') as agents,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'skill'), '{}') as skills,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'quest'), '{}') as quests,
         coalesce(array_agg(p.scope_value) filter (where p.scope_kind = 'actor'), '{}') as actors,
         coalesce(array_agg(p.id), '{}') as ids
    from paused p
), queued as (
  select t.agent_id, t.skill, t.next_eligible_at,
         case when t.agent_id = any ((select k.agents from keys k)::text[])
                or t.skill = any ((select k.skills from keys k)::text[])
                or t.quest_id = any ((select k.quests from keys k)::text[])
                or t.actor_id = any ((select k.actors from keys k)::text[])
              then case when t.deferred_by is null then t.next_eligible_at <= now()
                        else t.deferred_by <> all ((select k.ids from keys k)::bigint[]) end
              else t.deferred_by is not null or t.next_eligible_at <= now()
         end as open,
         t.deferred_by is null and t.next_eligible_at > now() as to_come
    from tasks t
   where t.status = 'queued'
), kinds as materialized (
  select q.agent_id, q.skill, bool_or(q.open) as open, min(q.next_eligible_at) filter (where q.to_come) as next_at
    from queued q
   group by q.agent_id, q.skill
)
select (select coalesce(jsonb_agg(jsonb_build_object('agent', o.agent_id, 'skill', o.skill)), '[]')
          from (select k.agent_id, k.skill from kinds k where k.open limit $1) o) as kinds,
       extract(epoch from least((select min(k.next_at) from kinds k), (select min(p.ends_at) from paused p)) - now())::float8 * 1000 as next_in_ms`;

/** What there is to be claimed. Reads only. */
export async function lookForWork(db: Queryable): Promise<OpenWork> {
  const { rows: [row] } = await db.query<{ kinds: OpenWork['kinds']; next_in_ms: number | null }>(LOOK, [KINDS_MAX + 1]);
  const kinds = row?.kinds ?? [];
  return { kinds: kinds.slice(0, KINDS_MAX), more: kinds.length > KINDS_MAX, nextInMs: row?.next_in_ms ?? null };
}

import type { Database } from '@orchestra/database';

/** Gates of which triggers have made something else than a recount from the tasks makes; both are shown. */
export async function wrongGates(db: Database): Promise<unknown[]> {
  const { rows } = await db.query(
    `with kept as (
       select g.repo, jsonb_build_array(g.in_progress, g.waiting, g.between_stages, g.head_has_begun, g.head_id,
                                        g.head_priority, g.agent_id, g.skill, g.quest_id, g.actor_id) as gate
         from repo_gates g
        where g.in_progress <> 0 or g.waiting <> 0 or g.between_stages <> 0 or g.head_id is not null
     ), recounted as (
       select c.repo, jsonb_build_array(c.in_progress, c.waiting, c.between_stages, coalesce(h.has_begun, false), h.id,
                                        h.priority, h.agent_id, h.skill, h.quest_id, h.actor_id) as gate
         from (select t.repo, count(*) filter (where t.status in ('running', 'held')
                                               and t.paused_at is null) as in_progress,
                      count(*) filter (where t.status = 'queued' and t.paused_at is null and t.in_line) as waiting,
                      count(*) filter (where t.status = 'queued' and t.paused_at is null and t.in_line
                                       and t.stage_since is not null) as between_stages
                 from tasks t where t.repo is not null group by t.repo) c
         left join lateral (select t.id, t.priority, t.stage_since is not null as has_begun, t.agent_id, t.skill,
                                   t.quest_id, t.actor_id
                              from tasks t
                             where t.repo = c.repo and t.status = 'queued' and t.paused_at is null and t.in_line
                             order by t.stage_since is null, t.priority, t.id limit 1) h on true
        where c.in_progress > 0 or c.waiting > 0
     )
     select repo, k.gate as kept, r.gate as recounted
       from kept k
       full join recounted r using (repo)
      where k.gate is distinct from r.gate`,
  );
  return rows;
}

/**
 * An hour of a fleet's work, as its tables hold it afterwards: five agents, one of which has begun to fail a quarter of
 * an hour ago, and what is still waiting.
 */
export const AN_HOUR_OF_WORK = `
with work as (
  insert into tasks (agent_id, skill, quest_id, actor_id, repo, status, attempt, created_at, created_by, result)
  select a.agent, a.skill, 'q-' || (1 + i % 4), 'acct-' || (1 + i % 9), null,
         case when a.agent = 'skeptic' and i > a.runs * 0.75 and i % 3 > 0 then 'failed' else 'succeeded' end, 1,
         now() - interval '61 minutes' + interval '1 hour' * i / a.runs, 'dana', null
    from (values ('skeptic', 'debate', 620), ('librarian', 'look_up', 480), ('scribe', 'write', 240),
          ('cartographer', 'survey', 130), ('herald', 'announce', 60)) a (agent, skill, runs),
         generate_series(1, a.runs) i
  returning id, agent_id, status, created_at)
insert into task_event_rows (task_id, run_id, kind, at, by, data)
select w.id, gen_random_uuid(), e.kind, w.created_at + e.after * random(), case e.kind when 'queued' then 'dana'
  else 'worker-' || (1 + w.id % 3) end, '{}'
  from work w
  cross join lateral (values ('queued', interval '0'), ('claimed', interval '20 seconds'),
                      (case w.status when 'failed' then 'failed' else 'completed' end, interval '60 seconds')) e (kind,
                        after)
 order by w.created_at;

insert into tasks (agent_id, skill, quest_id, actor_id)
select a.agent, a.skill, 'q-' || (1 + i % 4), 'acct-' || (1 + i % 9)
  from (values ('skeptic', 'debate', 240), ('librarian', 'look_up', 180), ('scribe', 'write', 64),
        ('cartographer', 'survey', 31), ('herald', 'announce', 8)) a (agent, skill, waiting),
       generate_series(1, a.waiting) i;
analyze tasks;
analyze task_event_rows;
`;

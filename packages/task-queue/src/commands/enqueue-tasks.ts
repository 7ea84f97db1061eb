import type { Database, Transaction } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { z } from 'zod';
import type { newTask } from '../contract/index.ts';

export type TaskToAdd = z.output<typeof newTask>;

/** Adds tasks in the order given; all of them or none. Answers their ids in that order. */
export async function enqueueTasks(db: Database, tasks: readonly TaskToAdd[], by: string, idempotency?: Idempotency): Promise<string[]> {
  return runOnce(db, idempotency, (tx) => insertTasks(tx, tasks, by));
}

async function insertTasks(tx: Transaction, tasks: readonly TaskToAdd[], by: string): Promise<string[]> {
  // Lanes that are not there yet, in the order of their keys: two callers who bring the same ones in different orders would
  // otherwise wait for each other.
  await tx.query(
    `insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
     select distinct on (k.key) k.key, k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id, h.id + 1
       from jsonb_to_recordset($1::jsonb) as g(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
      cross join task_horizon h
      cross join lateral (select lane_key(g.priority, g.repo, g.agent_id, g.skill, g.quest_id, g.actor_id) as key, g.*) k
      where not exists (select from task_lanes l where l.key = k.key)
      order by k.key
         on conflict (key) do nothing`, [JSON.stringify(tasks)]);
  // Gates likewise, and by name, as everybody locks them. Of a single repo the trigger sees to that.
  const repos = [...new Set(tasks.flatMap((task) => task.repo ?? []))].toSorted();
  if (repos.length > 1) await tx.query('select lock_gate(r.repo) from unnest($1::text[]) with ordinality as r(repo, place) order by r.place', [repos]);
  const { rows } = await tx.query<{ id: string }>(
    `with given as (
       select g.item, g.place from jsonb_array_elements($1::jsonb) with ordinality as g(item, place)
     ), added as (
       insert into tasks (repo, agent_id, skill, quest_id, actor_id, priority, payload, max_attempts, max_crashes, next_eligible_at, created_by)
       select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id',
              (g.item ->> 'priority')::smallint, g.item -> 'payload', (g.item ->> 'max_attempts')::int, (g.item ->> 'max_crashes')::int,
              coalesce((g.item ->> 'not_before')::timestamptz, now()), $2
         from given g
        order by g.place
       returning id
     ), events as (
       insert into task_events (task_id, kind, by) select a.id, 'queued', $2 from added a
     )
     select a.id from added a order by a.id`,
    [JSON.stringify(tasks), by]);
  return rows.map((row) => row.id);
}

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
  const { rows } = await tx.query<{ id: string }>(
    `with given as (
       select g.item, g.place from jsonb_array_elements($1::jsonb) with ordinality as g(item, place)
     ), added as (
       insert into tasks (repo, agent_id, skill, quest_id, actor_id, priority, payload, max_attempts, next_eligible_at, created_by)
       select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id',
              (g.item ->> 'priority')::smallint, g.item -> 'payload', (g.item ->> 'max_attempts')::int,
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

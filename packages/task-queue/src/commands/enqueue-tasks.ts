import type { Database, Transaction } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { z } from 'zod';
import type { newTask } from '../contract/index.ts';
import { DEFAULT_PIPELINES, type Pipeline } from '../pipelines/pipeline.ts';
import { placeInPipeline } from '../pipelines/place-in-pipeline.ts';

export type TaskToAdd = z.output<typeof newTask>;

/**
 * Adds tasks in the order given; all of them or none. Those that name a pipeline or a stage begin there, with the skill of that stage.
 *
 * @param traceparent W3C trace context of the call that adds them
 * @returns their ids, in that order
 * @throws TaskError `unknown_stage`; PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function enqueueTasks(
  db: Database, tasks: readonly TaskToAdd[], by: string, idempotency?: Idempotency, pipelines: readonly Pipeline[] = DEFAULT_PIPELINES, traceparent?: string,
): Promise<string[]> {
  const placed = tasks.map((task) => placeInPipeline(task, pipelines));
  return runOnce(db, idempotency, (tx) => insertTasks(tx, placed, by, traceparent));
}

async function insertTasks(tx: Transaction, tasks: readonly TaskToAdd[], by: string, traceparent: string | undefined): Promise<string[]> {
  // Lanes that are not there yet, in the order of their keys: two callers who bring the same ones in different orders would
  // otherwise wait for each other. Gates are locked by the trigger (docs/locking.md).
  await tx.query(
    `insert into task_lanes (key, priority, repo, agent_id, skill, quest_id, actor_id, head)
     select distinct on (k.key) k.key, k.priority, k.repo, k.agent_id, k.skill, k.quest_id, k.actor_id, h.id + 1
       from jsonb_to_recordset($1::jsonb) as g(priority smallint, repo text, agent_id text, skill text, quest_id text, actor_id text)
      cross join task_horizon h
      cross join lateral (select lane_key(g.priority, g.repo, g.agent_id, g.skill, g.quest_id, g.actor_id) as key, g.*) k
      where not exists (select from task_lanes l where l.key = k.key)
      order by k.key
         on conflict (key) do nothing`, [JSON.stringify(tasks)]);
  const { rows } = await tx.query<{ id: string }>(
    `with given as (
       select g.item, g.place from jsonb_array_elements($1::jsonb) with ordinality as g(item, place)
     ), added as (
       insert into tasks (repo, agent_id, skill, quest_id, actor_id, pipeline, stage, priority, payload, max_attempts, max_crashes, next_eligible_at, created_by, traceparent)
       select g.item ->> 'repo', g.item ->> 'agent_id', g.item ->> 'skill', g.item ->> 'quest_id', g.item ->> 'actor_id', g.item ->> 'pipeline', g.item ->> 'stage',
              (g.item ->> 'priority')::smallint, g.item -> 'payload', (g.item ->> 'max_attempts')::int, (g.item ->> 'max_crashes')::int,
              coalesce((g.item ->> 'not_before')::timestamptz, now()), $2, $3
         from given g
        order by g.place
       returning id
     ), events as (
       insert into task_events (task_id, kind, by) select a.id, 'queued', $2 from added a
     )
     select a.id from added a order by a.id`,
    [JSON.stringify(tasks), by, traceparent ?? null]);
  return rows.map((row) => row.id);
}

import type { Database, Queryable } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { z } from 'zod';
import type { newTask } from '../contract/index.ts';
import { DEFAULT_PIPELINES, type Pipeline } from '../pipelines/pipeline.ts';
import { placeInPipeline } from '../pipelines/place-in-pipeline.ts';

export type TaskToAdd = z.output<typeof newTask>;

/**
 * Adds tasks in the order given; all of them or none. Those that name a pipeline or a stage begin there, with the skill
 * of that stage.
 *
 * @param traceparent W3C trace context of the call that adds them
 * @returns their ids, in that order
 * @throws TaskError `unknown_stage`; PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function enqueueTasks(
  db: Database,
  tasks: readonly TaskToAdd[],
  by: string,
  idempotency?: Idempotency,
  pipelines: readonly Pipeline[] = DEFAULT_PIPELINES,
  traceparent?: string,
): Promise<string[]> {
  const placed = tasks.map((task) => placeInPipeline(task, pipelines));
  // One statement is a transaction by itself.
  if (idempotency === undefined) return insertTasks(db, placed, by, traceparent);
  return runOnce(db, idempotency, (tx) => insertTasks(tx, placed, by, traceparent));
}

async function insertTasks(
  db: Queryable,
  tasks: readonly TaskToAdd[],
  by: string,
  traceparent: string | undefined,
): Promise<string[]> {
  const {
    rows: [row],
  } = await db.query<{ ids: string[] }>({
    name: 'orchestra-add',
    text: 'select orchestra_add($1, $2, $3) as ids',
    values: [JSON.stringify(tasks), by, traceparent ?? null],
  });
  if (row === undefined) throw new Error('orchestra_add answered no row');
  return row.ids;
}

import type { Queryable } from '@orchestra/database';
import type { TaskOutput } from '../contract/index.ts';

/** The end of what the last run of a task has printed so far; an empty tail where none has said anything. */
export async function findTaskOutput(db: Queryable, taskId: string): Promise<TaskOutput> {
  const {
    rows: [row],
  } = await db.query<{ run_id: string; at: Date; tail: string; printed: string | null }>(
    'select o.run_id, o.at, o.tail, o.printed from task_output o where o.task_id = $1',
    [taskId],
  );
  return {
    task_id: taskId,
    run_id: row?.run_id ?? null,
    at: row?.at.toISOString() ?? null,
    tail: row?.tail ?? '',
    printed: row === undefined || row.printed === null ? null : Number(row.printed),
  };
}

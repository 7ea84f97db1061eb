import type { Database, Queryable } from '@orchestra/database';
import { pauseScope, type PausedScope, type Scope } from '@orchestra/pause-core';
import { claimTasks, enqueueTasks, type ClaimOrder } from '../src/index.ts';
import { newTask, type ClaimedTask, type NewTask } from '../src/contract/index.ts';

/** Adds tasks for a test; answers their ids in order. */
export function add(db: Database, ...tasks: NewTask[]): Promise<string[]> {
  return enqueueTasks(
    db,
    tasks.map((task) => newTask.parse(task)),
    'test',
  );
}

export function claim(db: Queryable, order: Partial<ClaimOrder> = {}): Promise<ClaimedTask[]> {
  return claimTasks(db, { worker: 'w-1', limit: 10, ...order });
}

export function pause(db: Database, scope: Scope, ttlSeconds: number | null = null): Promise<PausedScope> {
  return pauseScope(db, { scope, reason: 'test', ttlSeconds, by: 'dana', source: 'person' });
}

export const ids = (tasks: readonly { id: string }[]): string[] => tasks.map((task) => task.id);

/**
 * How many sessions of this database wait for an advisory lock. Other test files use the same server at the same time.
 */
export async function waitingFor(db: Queryable, lock: number): Promise<number> {
  const { rowCount } = await db.query(
    `select from pg_locks l
      where l.locktype = 'advisory' and not l.granted and l.objid = $1::bigint
        and l.database = (select d.oid from pg_database d where d.datname = current_database())`,
    [lock],
  );
  return rowCount ?? 0;
}

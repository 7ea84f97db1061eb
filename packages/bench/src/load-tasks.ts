import { advanceHorizon, advanceLaneHeads } from '@orchestra/task-queue';
import type { Database, Queryable } from '@orchestra/database';

const CHUNK = 100_000;
// As many lanes at a time as the service looks at, until all heads are known.
const LANES = 1_000;
const RAISES_MAX = 50;

export interface Backlog {
  count: number;
  /**
   * The labels of the `n`th task, counted from 0: SQL expressions over `n`. An absent one is null.
   */
  agent?: string;
  skill?: string;
  quest?: string;
  actor?: string;
}

/**
 * Puts many tasks in the queue, in order, as rows of one statement for each chunk; the triggers do what they do for
 * every other door.
 */
export async function loadTasks(
  db: Queryable,
  { count, agent = 'null', skill = 'null', quest = 'null', actor = 'null' }: Backlog,
): Promise<void> {
  for (let first = 0; first < count; first += CHUNK) {
    await db.query(
      `insert into tasks (agent_id, skill, quest_id, actor_id, payload, created_by)
       select ${agent}, ${skill}, ${quest}, ${actor}, jsonb_build_object('n', n), 'bench'
         from generate_series($1::bigint, $2::bigint) as n
        order by n`,
      [first, Math.min(first + CHUNK, count) - 1],
    );
  }
}

/**
 * Brings a freshly loaded queue to where a running system would have it: vacuumed, analyzed, checkpointed, and every
 * lane's head known. Without it the first minutes would measure what the load left behind.
 */
export async function comeToRest(db: Database): Promise<void> {
  await db.query('vacuum (analyze) tasks');
  await db.query('vacuum (analyze) task_event_rows, event_batches');
  const look = await advanceHorizon(db, null);
  await advanceHorizon(db, look);
  for (let round = 0; round < RAISES_MAX && (await advanceLaneHeads(db, LANES)) > 0; round++);
  await db.query('vacuum (analyze) task_lanes');
  await db.query('checkpoint');
}

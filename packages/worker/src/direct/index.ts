import '@orchestra-brake/client/needed-node';
import { enqueueRequest, type NewTask } from '@orchestra/task-queue/contract';
import { asDoorError, problem, type Address } from './direct-errors.ts';
import { DirectPool } from './direct-pool.ts';
import { DirectQueue } from './direct-queue.ts';

export type { NewTask } from '@orchestra/task-queue/contract';

/** A queue that is reached by its database. */
export interface DirectQueueHandle {
  /**
   * Adds tasks in the order in which they are to stand; all of them or none. Workers that wait are called.
   *
   * @returns their ids, in that order
   * @throws ApiError for tasks that are refused, and while the database is away; CannotWork where somebody has to
   *   change something first
   */
  addTasks(tasks: readonly NewTask[]): Promise<string[]>;
  /** Ends the connections. */
  close(): Promise<void>;
}

// However many tasks are added, workers are called so often at the most, and once more behind the last ones.
const CALL_GAP_MS = 50;

/**
 * Reaches a queue by its database, to add tasks without any service. For workers: `createWorker({ databaseUrl })`.
 *
 * @throws CannotWork for an address that cannot be understood
 */
export function connectQueue({ databaseUrl }: { databaseUrl: string }): DirectQueueHandle {
  const address: Address = { url: databaseUrl, setting: 'databaseUrl' };
  const pool = new DirectPool(address);
  const queue = new DirectQueue(pool.db);
  let calling: Promise<void> | undefined;
  let callAgain = false;
  let closed = false;

  async function call(): Promise<void> {
    do {
      callAgain = false;
      // A transaction of its own: one that notifies makes others wait for its commit. Lost, it costs time only.
      await pool.db.query('notify orchestra_tasks').catch(() => {});
      await new Promise<void>((resolve) => {
        setTimeout(resolve, closed ? 0 : CALL_GAP_MS);
      });
    } while (callAgain && !closed);
    calling = undefined;
  }

  return {
    addTasks: async (tasks) => {
      const parsed = enqueueRequest.safeParse({ tasks });
      if (!parsed.success)
        throw problem(
          422,
          'invalid_request',
          parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; '),
        );
      const ids = await queue
        .add('tasks' in parsed.data ? parsed.data.tasks : [parsed.data])
        .catch((error: unknown) => {
          throw asDoorError(error, address);
        });
      callAgain = true;
      calling ??= call();
      return ids;
    },
    close: async () => {
      closed = true;
      await calling;
      await pool.end();
    },
  };
}

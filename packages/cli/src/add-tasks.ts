import { CommandFailure, wrongUsage } from './failure.ts';
import type { Desk } from './desk/desk.ts';
import type { TaskToAdd } from './tasks-from-file.ts';
import { toFailure } from './to-failure.ts';

// A call takes 1,000 tasks in 256 KiB; the rest of that is the frame around them.
const BATCH_TASKS = 1_000;
const BATCH_BYTES = 250 * 1_024;

/**
 * Adds any number of tasks in their order, in as few calls as they fit in.
 *
 * @throws CommandFailure which tells, when some were added before, how many
 */
export async function addTasks(desk: Pick<Desk, 'enqueue'>, tasks: readonly TaskToAdd[]): Promise<string[]> {
  const ids: string[] = [];
  for (const batch of batches(tasks)) {
    try {
      ids.push(...(await desk.enqueue(batch)));
    } catch (cause) {
      if (ids.length === 0) throw cause;
      const failure = toFailure(cause);
      throw new CommandFailure(
        failure.code,
        `the first ${ids.length} of ${tasks.length} tasks were added (${ids[0]} to ${ids.at(-1)}), the ` +
          `others were not: ${failure.message}`,
        { cause },
      );
    }
  }
  return ids;
}

/** @throws CommandFailure `wrong_usage` for a task that no call can carry */
export function batches(tasks: readonly TaskToAdd[]): TaskToAdd[][] {
  const all: TaskToAdd[][] = [];
  let batch: TaskToAdd[] = [];
  let bytes = 0;
  for (const [place, task] of tasks.entries()) {
    const size = Buffer.byteLength(JSON.stringify(task)) + 1;
    if (size > BATCH_BYTES)
      throw wrongUsage(
        `task ${place + 1} is ${size} bytes long, and one may have ${BATCH_BYTES}: keep large data elsewhere ` +
          'and put a reference in the payload',
      );
    if (batch.length === BATCH_TASKS || bytes + size > BATCH_BYTES) {
      all.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(task);
    bytes += size;
  }
  if (batch.length > 0) all.push(batch);
  return all;
}

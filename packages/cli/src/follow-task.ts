import type { TaskOutput, TaskView } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';
import type { Desk } from './desk/desk.ts';

const LOOK_EVERY_MS = 1_000;
const ENDED: ReadonlySet<TaskView['status']> = new Set(['succeeded', 'failed', 'cancelled']);

export interface FollowedTask {
  /**
   * More of what the run has printed. `isNewRun`: by another run than before; `isGap`: something between was not kept.
   */
  onOutput: (more: { text: string; runId: string; isNewRun: boolean; isGap: boolean }) => void;
  /** Where the task stands: at once unless it has ended, and at each change. */
  onStatus: (task: TaskView) => void;
}

/**
 * Follows what a task prints and where it stands until it has ended, through all its runs.
 *
 * @returns the task as it was seen last
 */
export async function followTask(
  desk: Pick<Desk, 'task' | 'taskOutput'>,
  id: string,
  signal: AbortSignal,
  { onOutput, onStatus }: FollowedTask,
): Promise<TaskView> {
  let task = await desk.task(id);
  // A queued task prints nothing, and whoever follows it wants to know that it is there.
  if (!ENDED.has(task.status)) onStatus(task);
  let before: TaskOutput | undefined;
  for (;;) {
    const output = await desk.taskOutput(id);
    if (output.run_id !== null) {
      const isNewRun = before?.run_id !== output.run_id;
      const { text, isGap } = isNewRun
        ? newPrint({ tail: '', printed: 0 }, output)
        : newPrint(before ?? output, output);
      if (text !== '' || isGap) onOutput({ text, runId: output.run_id, isNewRun, isGap });
      before = output;
    }
    // Read before the output: what the run printed last is there once its end is.
    if (ENDED.has(task.status) || signal.aborted) return task;
    await sleep(LOOK_EVERY_MS, signal); // told to end
    const now = await desk.task(id);
    if (now.status !== task.status || now.run_id !== task.run_id || now.stage !== task.stage) onStatus(now);
    task = now;
  }
}

/**
 * What a run has printed beyond what was seen of it before. Counted where it counts: of the same again and again a
 * tail alone does not tell how much.
 */
export function newPrint(
  before: Pick<TaskOutput, 'tail' | 'printed'>,
  now: Pick<TaskOutput, 'tail' | 'printed'>,
): { text: string; isGap: boolean } {
  if (before.printed === null || now.printed === null)
    return before.tail === '' ? { text: now.tail, isGap: false } : newText(before.tail, now.tail);
  const fresh = now.printed - before.printed;
  if (fresh <= 0) return { text: '', isGap: false };
  return { text: now.tail.slice(-fresh), isGap: fresh > now.tail.length };
}

/** What a tail holds beyond an earlier one of the same run; both are the end of one text, kept to a length. */
export function newText(before: string, now: string): { text: string; isGap: boolean } {
  if (now.startsWith(before)) return { text: now.slice(before.length), isGap: false };
  // The earlier tail has lost its beginning: the longest end of it that the new one begins with.
  for (let lost = 1; lost < before.length; lost++) {
    const kept = before.length - lost;
    if (now.startsWith(before.slice(lost))) return { text: now.slice(kept), isGap: false };
  }
  return { text: now, isGap: true };
}

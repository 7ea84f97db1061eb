import { setTimeout as delay } from 'node:timers/promises';
import type { ReleaseView } from '@orchestra/pause-core/contract';
import { STATUS_WORDS, type TaskView } from '@orchestra/task-queue/contract';
import { COMMAND } from '../command-name.ts';
import type { Desk } from '../desk/desk.ts';
import { sayDuration } from './duration.ts';
import { sayInstant } from './instant.ts';
import { visibleText } from './visible-text.ts';

const LOOK_EVERY_MS = 500;

/** The task once the run that it was let go for has ended, or as it is when the time is up. */
export async function awaitEnd(
  desk: Desk,
  { last_task_id: taskId, asked_at: since }: { last_task_id: string; asked_at: string },
  waitMs: number,
): Promise<TaskView> {
  const until = performance.now() + waitMs;
  for (;;) {
    const task = await desk.task(taskId);
    if (isOver(task, since) || performance.now() >= until) return task;
    await delay(LOOK_EVERY_MS);
  }
}

/** Has a run of it ended since? One that goes back to the queue has had its run. */
function isOver({ status, last_run: run }: TaskView, since: string): boolean {
  if (status === 'running') return false;
  return status !== 'queued' || (run !== null && Date.parse(run.ended_at) >= Date.parse(since));
}

/** What became of the one task that was let go. */
export function sayReleasedTask(release: ReleaseView | null, task: TaskView | null): string {
  if (release === null || release.last_task_id === null || task === null) return 'nothing was let go';
  const { id, status, last_run: run } = task;
  if (status === 'running') {
    const at = visibleText(task.worker ?? 'a worker');
    return `task ${id} is running, at ${at}; \`${COMMAND} task show ${id}\` tells on`;
  }
  if (!isOver(task, release.asked_at))
    return `task ${id} has not started yet; \`${COMMAND} task why ${id}\` says what it waits for`;
  const took = run === null || run.duration_ms === null ? '' : ` after ${sayDuration(run.duration_ms / 1_000)}`;
  if (status === 'succeeded') return `task ${id} is done${took}`;
  const error = run === null || run.error === null ? '' : `: ${visibleText(run.error)}`;
  return (
    `task ${id} has not ended well${took}: its run ${run === null ? 'ended' : run.as}, and it ` +
    `${STATUS_WORDS[status]}${error}`
  );
}

/** How far a release has come. */
export function sayRelease(release: ReleaseView | null): string {
  if (release === null) return 'no release was under way; the pause holds on';
  const { pause_id: pause, gap_seconds: gap, released, ended_as: ended, ended_at: at, next_at: next } = release;
  const soFar = released === 1 ? '1 task was let go' : `${released} tasks were let go`;
  if (ended === 'stopped') return `release of pause ${pause} stopped: ${soFar}, and the pause holds the others`;
  if (ended !== null) return `release of pause ${pause} ended ${at === null ? '' : sayInstant(at)}: ${soFar}`;
  return (
    `pause ${pause} is released: one task every ${sayGap(gap ?? 0)} at the most, ` +
    `${released === 0 ? 'the first one now' : `${soFar}, the next at ${next === null ? 'once' : sayInstant(next)}`}; to stop that: ${COMMAND} senate release ${pause} --stop`
  );
}

function sayGap(seconds: number): string {
  return seconds < 10 ? `${Number(seconds.toFixed(2))} s` : sayDuration(seconds);
}

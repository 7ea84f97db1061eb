import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { serverMs } from '../state/store.ts';
import { shortDuration } from '../text/duration.ts';

/** How long the task's run is under way, or how long its last one took. */
export function Ran({
  task: { status, started_at: startedAt, last_run: lastRun },
}: {
  task: Pick<TaskView, 'status' | 'started_at' | 'last_run'>;
}): VNode {
  if (status === 'running' && startedAt !== null && serverMs.value !== null)
    return <span class="ticking">{shortDuration(serverMs.value - Date.parse(startedAt))}</span>;
  return <>{lastRun === null || lastRun.duration_ms === null ? '–' : shortDuration(lastRun.duration_ms)}</>;
}

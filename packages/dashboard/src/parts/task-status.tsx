import type { TaskStatus } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';

const TONE: Record<TaskStatus, string> = {
  queued: 'plain',
  running: 'busy-tone',
  succeeded: 'good',
  failed: 'bad',
  held: 'warn',
  cancelled: 'plain',
};

export function TaskStatusBadge({ status, parked }: { status: TaskStatus; parked: boolean }): VNode {
  return (
    <>
      <span class={`badge ${TONE[status]}`}>{status}</span>
      {parked && (
        <>
          {' '}
          <span class="badge warn">parked</span>
        </>
      )}
    </>
  );
}

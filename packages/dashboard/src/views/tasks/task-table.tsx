import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Labels } from '../../parts/labels.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { TaskStatusBadge } from '../../parts/task-status.tsx';
import { When } from '../../parts/when.tsx';

export function TaskTable({ tasks }: { tasks: readonly TaskView[] }): VNode {
  return (
    <table class="table cards tasks">
      <caption class="for-readers">Tasks, the newest first</caption>
      <thead>
        <tr><th scope="col">Task</th><th scope="col">Status</th><th scope="col">Labels</th><th scope="col" class="number">Priority</th><th scope="col" class="number">Attempt</th><th scope="col">Worker</th><th scope="col">Added</th></tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {tasks.map((task) => (
          <tr key={task.id}>
            <th scope="row"><Link to={`tasks/${task.id}`} class="mono">{task.id}</Link></th>
            <td data-label="Status"><TaskStatusBadge status={task.status} parked={task.paused_at !== null} />{task.status === 'queued' && task.deferred_by !== null && <> <Link to={`pauses/${task.deferred_by}`} class="badge warn">paused</Link></>}</td>
            <td data-label="Labels"><Labels task={task} /></td>
            <td class="number" data-label="Priority">{task.priority}</td>
            <td class="number" data-label="Attempt">{task.attempt}/{task.max_attempts}</td>
            <td data-label="Worker">{task.worker === null ? '–' : <Prose text={task.worker} />}</td>
            <td class="ticks" data-label="Added"><When at={task.created_at} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import type { TaskView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Labels } from '../../parts/labels.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { TaskStatusBadge } from '../../parts/task-status.tsx';
import { Ran } from '../../parts/ran.tsx';
import { When } from '../../parts/when.tsx';

/** How much of an error a row shows. */
const ERROR_CHARS_MAX = 120;

interface TaskTableProps {
  tasks: readonly TaskView[];
  /** The ids of those that are selected; null: who looks may change none. */
  selected: ReadonlySet<string> | null;
  onSelect: (selected: ReadonlySet<string>) => void;
}

export function TaskTable({ tasks, selected, onSelect }: TaskTableProps): VNode {
  const choose = (ids: readonly string[], isChosen: boolean): void => {
    const next = new Set(selected);
    for (const id of ids)
      if (isChosen) next.add(id);
      else next.delete(id);
    onSelect(next);
  };
  return (
    <table class="table cards tasks">
      <caption class="for-readers">Tasks, the newest first</caption>
      <thead>
        <tr>
          {selected !== null && (
            <th scope="col" class="choose">
              <input
                type="checkbox"
                aria-label="Select all of this page"
                checked={tasks.every(({ id }) => selected.has(id))}
                onChange={(event) =>
                  choose(
                    tasks.map(({ id }) => id),
                    event.currentTarget.checked,
                  )
                }
              />
            </th>
          )}
          <th scope="col">Task</th>
          <th scope="col">Status</th>
          <th scope="col">Labels</th>
          <th scope="col" class="number">
            Priority
          </th>
          <th scope="col" class="number">
            Attempt
          </th>
          <th scope="col">Worker</th>
          <th scope="col" class="number">
            Ran
          </th>
          <th scope="col">Finished</th>
          <th scope="col">Added</th>
        </tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {tasks.map((task) => (
          <tr key={task.id}>
            {selected !== null && (
              <td class="choose" data-label="Select">
                <input
                  type="checkbox"
                  aria-label={`Select task ${task.id}`}
                  checked={selected.has(task.id)}
                  onChange={(event) => choose([task.id], event.currentTarget.checked)}
                />
              </td>
            )}
            <th scope="row">
              <Link to={`tasks/${task.id}`} class="mono">
                {task.id}
              </Link>
            </th>
            <td data-label="Status">
              <TaskStatusBadge status={task.status} parked={task.paused_at !== null} />
              {task.status === 'queued' && task.deferred_by !== null && (
                <>
                  {' '}
                  <Link to={`pauses/${task.deferred_by}`} class="badge warn">
                    paused
                  </Link>
                </>
              )}
              {task.status === 'failed' && <ErrorLine error={task.last_run?.error ?? null} />}
            </td>
            <td data-label="Labels">
              <Labels task={task} />
            </td>
            <td class="number" data-label="Priority">
              {task.priority}
            </td>
            <td class="number" data-label="Attempt">
              {task.attempt}/{task.max_attempts}
            </td>
            <td data-label="Worker">{task.worker === null ? '–' : <Prose text={task.worker} />}</td>
            <td class="number ticks" data-label="Ran">
              <Ran task={task} />
            </td>
            <td class="ticks" data-label="Finished">
              {task.finished_at === null ? '–' : <When at={task.finished_at} />}
            </td>
            <td class="ticks" data-label="Added">
              <When at={task.created_at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function ErrorLine({ error }: { error: string | null }): VNode | null {
  return error === null ? null : (
    <span class="aside error-text">
      <Prose text={shortened(error)} />
    </span>
  );
}

function shortened(error: string): string {
  const [line = ''] = error.split('\n', 1);
  return line.length > ERROR_CHARS_MAX ? `${line.slice(0, ERROR_CHARS_MAX)}…` : line;
}

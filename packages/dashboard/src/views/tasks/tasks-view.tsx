import type { TaskStatus } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Empty } from '../../parts/empty.tsx';
import { FilterChoice, FilterField } from '../../parts/filter-field.tsx';
import { Link } from '../../parts/link.tsx';
import { Pager } from '../../parts/pager.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { query } from '../../state/route.ts';
import { may, tasksVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { queryAmong } from '../../text/query-among.ts';
import { readTasks } from '../../wire/calls.ts';
import { BulkBar } from './bulk-bar.tsx';
import { TaskTable } from './task-table.tsx';

const FILTERS = [
  'status',
  'agent_id',
  'skill',
  'quest_id',
  'actor_id',
  'repo',
  'parked',
  'paused',
  'held_by',
  'created_since',
  'created_until',
  'running_longer_than_seconds',
  'cursor',
] as const;
const STATUSES: Record<TaskStatus, true> = {
  queued: true,
  running: true,
  held: true,
  failed: true,
  succeeded: true,
  cancelled: true,
};
const GAP_MS = 3_000;

/** The tasks, newest first, filtered by what stands in the address. */
export function TasksView(): VNode {
  const asked = queryAmong(FILTERS, query.value);
  const reading = useReading(String(asked), (signal) => readTasks(asked, signal), tasksVersion, { gapMs: GAP_MS });
  const heldBy = query.value.get('held_by');
  const selected = useSignal<ReadonlySet<string>>(new Set());
  // What is not shown cannot be meant.
  useEffect(() => {
    selected.value = new Set();
  }, [String(asked)]);
  return (
    <>
      <h1>Tasks</h1>
      {heldBy !== null && (
        <p class="aside">
          Held by <Link to={`pauses/${heldBy}`}>pause {heldBy}</Link>, in no particular order of start.{' '}
          <Link to="tasks">Show all tasks</Link>
        </p>
      )}
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <FilterChoice
          name="status"
          label="status"
          any="any"
          values={Object.keys(STATUSES).map((status) => [status, status] as const)}
        />
        <FilterField name="agent_id" label="agent" main />
        <FilterField name="skill" label="skill" />
        <FilterField name="quest_id" label="quest" />
        <FilterField name="actor_id" label="actor" />
        <FilterField name="repo" label="repo" />
        <FilterChoice
          name="running_longer_than_seconds"
          label="runs for"
          any="any time"
          values={[
            ['60', 'over 1 m'],
            ['600', 'over 10 m'],
            ['3600', 'over 1 h'],
            ['86400', 'over 1 d'],
          ]}
        />
        <FilterChoice
          name="parked"
          label="parked"
          any="either"
          values={[
            ['true', 'parked'],
            ['false', 'not parked'],
          ]}
        />
      </form>
      {selected.value.size > 0 && (
        <BulkBar
          ids={[...selected.value]}
          onDone={() => {
            selected.value = new Set();
            reading.now();
          }}
        />
      )}
      <ReadingState reading={reading} what="The tasks" />
      {reading.value !== null &&
        (reading.value.tasks.length > 0 ? (
          <TaskTable
            tasks={reading.value.tasks}
            selected={may('pause') ? selected.value : null}
            onSelect={(next) => {
              selected.value = next;
            }}
          />
        ) : (
          <NoTasks filtered={asked.size > 0} />
        ))}
      {reading.value !== null && <Pager next={reading.value.next_cursor} />}
    </>
  );
}

function NoTasks({ filtered }: { filtered: boolean }): VNode {
  if (filtered)
    return (
      <Empty says="No matching tasks.">
        <p class="aside">
          Filters need the exact label. <Link to="tasks">Show all tasks</Link>
        </p>
      </Empty>
    );
  return (
    <Empty says="No task was ever added.">
      <p class="aside">
        Add one: <code>orchestra task add --skill debate</code>, or <code>POST /api/tasks</code>.
      </p>
    </Empty>
  );
}

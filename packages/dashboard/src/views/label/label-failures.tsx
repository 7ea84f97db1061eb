import type { LabelKind } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Link } from '../../parts/link.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { tasksAt } from '../../state/place.ts';
import { queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { labelField } from '../../text/scope-kinds.ts';
import { readTasks } from '../../wire/calls.ts';
import { TaskTable } from '../tasks/task-table.tsx';

const LISTED = 10;
const GAP_MS = 3_000;

/** The newest of its tasks that have failed, with why. */
export function LabelFailures({ kind, value }: { kind: LabelKind; value: string }): VNode {
  const filter = { [labelField(kind)]: value, status: 'failed' };
  const asked = new URLSearchParams({ ...filter, limit: String(LISTED) });
  const reading = useReading(String(asked), (signal) => readTasks(asked, signal), queueVersion, { gapMs: GAP_MS });
  const failed = reading.value?.tasks ?? [];
  return (
    <section aria-labelledby="label-failures">
      <h2 id="label-failures">
        Failed tasks
        {failed.length > 0 && (
          <>
            {' '}
            <Link to={tasksAt(filter)} class="all">
              all that failed
            </Link>
          </>
        )}
      </h2>
      <ReadingState reading={reading} what="The failed tasks" />
      {reading.value !== null && failed.length === 0 && <p class="aside">None.</p>}
      {failed.length > 0 && <TaskTable tasks={failed} selected={null} onSelect={() => {}} />}
    </section>
  );
}

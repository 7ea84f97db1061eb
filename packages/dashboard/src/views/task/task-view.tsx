import { useSignal } from '@preact/signals';
import type { TaskView as Task } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { NotFound } from '../../parts/not-found.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Labels } from '../../parts/labels.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { TaskStatusBadge } from '../../parts/task-status.tsx';
import { When } from '../../parts/when.tsx';
import { reposAt } from '../../state/place.ts';
import { desk, serverMs, tasksVersion } from '../../state/store.ts';
import { shortDuration } from '../../text/duration.ts';
import { useReading } from '../../state/use-reading.ts';
import { readTask } from '../../wire/calls.ts';
import { Held } from './held.tsx';
import { Kept } from './kept.tsx';
import { OutputTail } from './output-tail.tsx';
import { TaskActions } from './task-actions.tsx';
import { TaskTimeline } from './task-timeline.tsx';
import { Why } from './why.tsx';

const MAY_STILL_RUN = ['queued', 'held'];

/** One task: how it stands, why it is not running, what happened to it and what it left. */
export function TaskView({ id }: { id: string }): VNode {
  const runs = useSignal(false);
  // A heartbeat is no event: of a run it is looked at with every tick, or it would seem to have fallen silent.
  const reading = useReading(id, (signal) => readTask(id, signal), runs.value ? desk : tasksVersion);
  useEffect(() => {
    runs.value = reading.value?.status === 'running';
  }, [reading.value]);
  if (reading.value === null && reading.trouble?.code === 'not_found') {
    return (
      <NotFound title={`There is no task ${id}`}>
        <Link to="tasks">The list of tasks</Link> has those that there are; tasks that ended long ago may have been
        deleted.
      </NotFound>
    );
  }
  return (
    <>
      <ReadingState reading={reading} what="The task" />
      {reading.value !== null && <Known task={reading.value} onChange={reading.now} />}
    </>
  );
}

function Known({ task, onChange }: { task: Task; onChange: () => void }): VNode {
  return (
    <article data-whole-view>
      <header class="title">
        <div>
          <p class="kicker">
            <Link to="tasks">Tasks</Link>
          </p>
          <h1>
            Task <span class="mono">{task.id}</span>{' '}
            <TaskStatusBadge status={task.status} parked={task.paused_at !== null} />
          </h1>
          <p class="lead">
            <Labels task={task} />
          </p>
        </div>
        <TaskActions task={task} onChange={onChange} />
      </header>
      {MAY_STILL_RUN.includes(task.status) && <Why id={task.id} />}
      <Held task={task} />
      {task.questions !== null && <Question task={task} />}
      <Facts
        facts={[
          [
            'Stage',
            task.stage === null ? null : (
              <>
                <Prose text={task.stage} />
                {task.pipeline !== null && (
                  <>
                    {' '}
                    of <Prose text={task.pipeline} />
                  </>
                )}
              </>
            ),
          ],
          ['Priority', String(task.priority)],
          ['Attempt', `${task.attempt} of ${task.max_attempts}`],
          ['Lost workers', task.crashes === 0 ? null : `${task.crashes} of ${task.max_crashes}`],
          [
            'Disturbances',
            task.transient_failures === 0 ? null : `${task.transient_failures} in a row, which use no attempt`,
          ],
          [
            'Worker',
            task.worker === null ? null : (
              <>
                <Prose text={task.worker} />
                {task.host !== null && (
                  <>
                    {' '}
                    on <Prose text={task.host} />
                  </>
                )}
                {task.pid !== null && `, process ${task.pid}`}
              </>
            ),
          ],
          ['Started', task.started_at === null ? null : <When at={task.started_at} ago />],
          ['Finished', task.finished_at === null ? null : <When at={task.finished_at} ago />],
          ['Last run', task.last_run === null ? null : <LastRun run={task.last_run} />],
          ['Last heartbeat', task.heartbeat_at === null ? null : <When at={task.heartbeat_at} ago />],
          ['Not before', waitsForItsTime(task) ? <When at={task.next_eligible_at} /> : null],
          [
            'Parked',
            task.paused_at === null ? null : (
              <>
                <When at={task.paused_at} /> by <Prose text={task.paused_by ?? 'nobody known'} />
                {task.pause_reason !== null && (
                  <>
                    : <Prose text={task.pause_reason} />
                  </>
                )}
              </>
            ),
          ],
          [
            'Repo',
            task.repo === null ? null : (
              <Link to={reposAt(task.repo)}>
                <Prose text={task.repo} />
              </Link>
            ),
          ],
          [
            'Added',
            <>
              <When at={task.created_at} /> by <Prose text={task.created_by} />
            </>,
          ],
        ]}
      />
      <WhyItFailed error={task.last_run?.error ?? null} isFailed={task.status === 'failed'} />
      <OutputTail id={task.id} runs={task.status === 'running'} />
      <Kept title="Output" value={task.result} none="No run has left anything yet." />
      <Kept title="Payload" value={task.payload} none="Empty." />
      <TaskTimeline id={task.id} />
    </article>
  );
}

/** What a pause puts off is told by the pause; this is what the task waits for by itself. */
function waitsForItsTime(task: Task): boolean {
  return (
    task.status === 'queued' &&
    task.deferred_by === null &&
    serverMs.value !== null &&
    Date.parse(task.next_eligible_at) > serverMs.value
  );
}

function WhyItFailed({ error, isFailed }: { error: string | null; isFailed: boolean }): VNode | null {
  if (error === null) return null;
  return (
    <section class="question" aria-label="Why it failed">
      <h2>{isFailed ? 'Why it failed' : 'What went wrong last'}</h2>
      <p class="prose">
        <Prose text={error} />
      </p>
    </section>
  );
}

function LastRun({
  run: { as, ended_at: endedAt, duration_ms: ms, attempt, worker },
}: {
  run: NonNullable<Task['last_run']>;
}): VNode {
  return (
    <>
      {as}
      {ms !== null && ` after ${shortDuration(ms)}`}
      {attempt !== null && ` at attempt ${attempt}`}
      {worker !== null && (
        <>
          {' '}
          by <Prose text={worker} />
        </>
      )}
      , <When at={endedAt} />
    </>
  );
}

function Question({ task }: { task: Task }): VNode {
  return (
    <section class="question" aria-label="Its question">
      <h2>{task.answer === null ? 'It asks' : 'It asked'}</h2>
      <p class="prose">
        <Prose text={task.questions ?? ''} />
      </p>
      {task.answer !== null && (
        <>
          <h2>
            Answered
            {task.answered_by !== null && (
              <>
                {' '}
                by <Prose text={task.answered_by} />
              </>
            )}
          </h2>
          <p class="prose">
            <Prose text={task.answer} />
          </p>
        </>
      )}
    </section>
  );
}

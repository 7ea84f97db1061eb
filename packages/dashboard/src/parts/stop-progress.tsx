import type { StoppedRun, StopView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { counted } from '../text/count.ts';
import { readStop } from '../wire/calls.ts';
import { Prose } from './prose.tsx';

const LOOK_EVERY_MS = 500;
const LISTED_MAX = 20;

/** Who was told to stop, who has, and what may still be at work; looked at again until nothing is waited for. */
export function StopProgress({ ordered }: { ordered: StopView }): VNode {
  const stop = useSignal(ordered);
  useEffect(() => {
    const leaving = new AbortController();
    const { id } = ordered;
    const look = (): void => {
      if (id === null || stop.value.waiting_count === 0 || leaving.signal.aborted) return;
      readStop(id, leaving.signal)
        .then(
          (next) => {
            stop.value = next;
          },
          () => {},
        ) // said by the line's state; looked at again
        .finally(() => setTimeout(look, LOOK_EVERY_MS));
    };
    look();
    return () => leaving.abort();
  }, [ordered]);
  const {
    runs_count: all,
    told_count: told,
    obeyed_count: obeyed,
    ended_count: ended,
    fenced_count: fenced,
    waiting_count: waiting,
    runs,
  } = stop.value;
  const unfinished = runs.filter(({ state }) => state === 'fenced' || state === 'asked' || state === 'told');
  if (all === 0)
    return (
      <p role="status">
        Nothing of it is running.
        {ordered.passed_over.map(({ id, says }) => (
          <span key={id} class="aside">
            {' '}
            <Prose text={says} />
          </span>
        ))}
      </p>
    );
  return (
    <section aria-label="Stopping" role="status">
      <p>
        {counted(all, 'run')} to stop: {told} told, {obeyed} ended by their workers
        {ended > 0 && `, ${ended} came to another end first`}
        {waiting > 0 && `, ${waiting} waited for`}
        {fenced > 0 && <b class="bad-text">, {fenced} taken away and perhaps still at work</b>}.
      </p>
      {unfinished.length > 0 && (
        <ul>
          {unfinished.slice(0, LISTED_MAX).map((run) => (
            <li key={run.run_id}>
              Task <span class="mono">{run.task_id}</span>: <Where run={run} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const STATES: Partial<Record<StoppedRun['state'], string>> = {
  asked: 'does not know yet',
  told: 'knows, and has not ended it yet',
  fenced: 'may still be at work on it',
};

function Where({ run: { worker, host, pid, state } }: { run: StoppedRun }): VNode {
  return (
    <>
      worker <Prose text={worker ?? 'unknown'} />
      {host !== null && (
        <>
          {' '}
          on <Prose text={host} />
        </>
      )}
      {pid !== null && `, process ${pid},`} {STATES[state]}
    </>
  );
}

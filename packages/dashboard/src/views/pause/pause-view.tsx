import type { AttachedWork, OtherPause, PauseGates, PausePage, ReleaseView } from '@orchestra/pause-core/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { Author } from '../../parts/author.tsx';
import { Count } from '../../parts/count.tsx';
import { NotFound } from '../../parts/not-found.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { StopProgress } from '../../parts/stop-progress.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { TimeLeft } from '../../parts/time-left.tsx';
import { When } from '../../parts/when.tsx';
import { scopeData } from '../../parts/scope-data.ts';
import { tasksAt } from '../../state/place.ts';
import { desk, lastReceipt, tasksVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { counted } from '../../text/count.ts';
import { readPausePage } from '../../wire/calls.ts';
import { EffectSteps } from './effect-steps.tsx';
import { PauseActions } from './pause-actions.tsx';
import { PauseTimeline } from './pause-timeline.tsx';
import { RunsBefore } from './runs-before.tsx';

/** One pause: has it taken effect, what does it hold, what happened to it. */
export function PauseView({ id }: { id: string }): VNode {
  // While gates are connected it is read at every tick: what they confirm and refuse changes nothing else.
  const gated = useSignal(false);
  const reading = useReading(id, (signal) => readPausePage(id, signal), gated.value ? desk : tasksVersion);
  useEffect(() => {
    gated.value = reading.value?.pause.cleared_at === null && (reading.value.gates?.connected ?? 0) > 0;
  }, [reading.value]);
  if (reading.value === null && reading.trouble?.code === 'not_found') {
    return (
      <NotFound title={`There is no pause ${id}`}>
        <Link to="history">The history</Link> has every pause that ever was.
      </NotFound>
    );
  }
  return (
    <>
      <ReadingState reading={reading} what="The pause" />
      {reading.value !== null && <Known page={reading.value} />}
    </>
  );
}

function Known({ page }: { page: PausePage }): VNode {
  const { pause } = page;
  const ended = pause.cleared_at !== null;
  const receipt = lastReceipt.value?.id === pause.id ? lastReceipt.value.stop : null;
  return (
    <article {...scopeData(pause)} data-whole-view>
      <header class="title">
        <div>
          <p class="kicker">
            Pause {pause.id}
            {ended && ', ended'}
          </p>
          <h1>
            <ScopeName of={pause} />
          </h1>
          <p class="lead">
            <Prose text={pause.reason} />
          </p>
        </div>
        <PauseActions pause={pause} running={page.in_flight_count} since={page.effective_at} />
      </header>
      {receipt !== null && <StopProgress ordered={receipt} />}
      <EffectSteps page={page} />
      <Facts
        facts={[
          ['By', <Author view={pause} />],
          ['Paused', <When at={pause.paused_at} ago />],
          ['Time left', ended ? null : <TimeLeft view={pause} />],
          [
            'And then',
            ended || pause.then === 'resume'
              ? null
              : pause.then === 'stay'
                ? 'it stays until a person clears it'
                : 'one task is let through, and its run decides',
          ],
          [
            'Ended',
            pause.cleared_at === null ? null : (
              <>
                <When at={pause.cleared_at} /> by <Prose text={pause.cleared_by ?? 'nobody known'} />
              </>
            ),
          ],
          [
            'Held',
            ended ? null : (
              <>
                <Count
                  value={page.held.count}
                  more={page.held.more}
                  to={tasksAt({ held_by: pause.id })}
                  of="tasks held"
                />{' '}
                tasks keep their place
              </>
            ),
          ],
          ['Released', page.release === null ? null : <Released release={page.release} />],
          ...page.attached.map((work): [string, VNode] => [work.name, <AttachedHeld work={work} />]),
          ['Met', page.gates === null || page.gates.refused === 0 ? null : <Met gates={page.gates} />],
          ['Also paused by', page.other_pauses.length === 0 ? null : <OtherPauses page={page} />],
        ]}
      />
      <RunsBefore page={page} />
      <PauseTimeline timeline={page.timeline} />
    </article>
  );
}

/** What it covers of a queue of another engine. */
function AttachedHeld({
  work: { in_flight_count: begun, claimed_ahead_count: ahead, queued, queued_more: more, not_read: notRead },
}: {
  work: AttachedWork;
}): VNode {
  if (begun === null || queued === null)
    return (
      <>
        its jobs could not be read: <Prose text={notRead ?? ''} />
      </>
    );
  return (
    <>
      {begun} in flight{ahead ? `, ${ahead} claimed ahead` : ''}, {more === true ? 'more than ' : ''}
      {queued} waiting
    </>
  );
}

/** How often gates have stopped a step under it. */
function Met({ gates: { refused, refused_by: by, last_refused_at: last, refusals } }: { gates: PauseGates }): VNode {
  const agents = [...new Set(refusals.flatMap(({ agent_id: agent }) => (agent === null ? [] : [agent])))];
  return (
    <>
      refused {counted(refused, 'time')} by {counted(by, 'gate')}
      {last !== null && (
        <>
          , last <When at={last} ago />
        </>
      )}
      {agents.length > 0 && (
        <>
          : <Prose text={agents.slice(0, 5).join(', ')} />
          {agents.length > 5 && ' and others'}
        </>
      )}
    </>
  );
}

/** How far the release of the backlog has come. */
function Released({
  release: { released, gap_seconds: gap, last_task_id: last, ended_as: ended, next_at: next },
}: {
  release: ReleaseView;
}): VNode {
  return (
    <>
      {counted(released, 'task')} let go
      {last !== null && (
        <>
          , last{' '}
          <Link to={`tasks/${last}`} class="mono">
            {last}
          </Link>
        </>
      )}
      {ended === null && gap !== null && (
        <>
          ; one every {Number(gap.toFixed(1))} s at the most
          {next !== null && (
            <>
              , the next from <When at={next} />
            </>
          )}
        </>
      )}
      {ended === 'stopped' && '; stopped'}
    </>
  );
}

/** How many of the waiting tasks the other pause holds as well. */
function sharedWith({ also_holds: held, also_holds_more: more }: OtherPause): string {
  return held === null
    ? ''
    : ` (${held === 0 ? 'none of these tasks' : counted(held, 'of these tasks', more, 'of these tasks')})`;
}

function OtherPauses({ page }: { page: PausePage }): VNode {
  return (
    <div class="whole-row">
      {page.other_pauses.map((other, index) => (
        <span key={other.id}>
          {index > 0 && ', '}
          <Link to={`pauses/${other.id}`}>
            <ScopeName of={other} />
          </Link>
          {sharedWith(other)}
        </span>
      ))}
      . A task that several pauses hold starts when all of them have ended.
    </div>
  );
}

import type { Hold, TaskWhy } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { When } from '../../parts/when.tsx';
import { tasksVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { counted } from '../../text/count.ts';
import { readWhy } from '../../wire/calls.ts';

/** Why the task is not running, what has to go first, and when it could start. */
export function Why({ id }: { id: string }): VNode {
  const reading = useReading(id, (signal) => readWhy(id, signal), tasksVersion);
  return (
    <section class="why" aria-labelledby="why-title">
      <h2 id="why-title">{titleOf(reading.value)}</h2>
      <ReadingState reading={reading} what="The reasons" />
      {reading.value !== null && <Reasons why={reading.value} />}
    </section>
  );
}

function titleOf(why: TaskWhy | null): string {
  return why?.can_start_now === true ? 'Nothing holds it' : 'Why it is not running';
}

function Reasons({ why }: { why: TaskWhy }): VNode {
  return (
    <>
      {why.holds.length > 0 && (
        <ol class="holds">
          {why.holds.map((hold, index) => (
            <li key={`${hold.kind} ${index}`}>
              <HoldLine hold={hold} />
            </li>
          ))}
        </ol>
      )}
      <ul class="outlook">
        <li>
          {why.ahead.count === 0
            ? 'No other task is in front of it.'
            : `${counted(why.ahead.count, 'task', why.ahead.more)} that may start now ` +
              `${why.ahead.count === 1 ? 'is' : 'are'} in front of it.`}
        </li>
        {why.earliest_start !== null && (
          <li>
            The earliest it could start: <When at={why.earliest_start} />
          </li>
        )}
        {why.if_cleared.map((other) => (
          <li key={other.pause_id}>
            With <Link to={`pauses/${other.pause_id}`}>pause {other.pause_id}</Link> cleared it is ready{' '}
            {other.ready_at === null ? (
              'when the others are gone too'
            ) : other.ready_at === why.at ? (
              'at once'
            ) : (
              <>
                at <When at={other.ready_at} />
              </>
            )}
            {other.ready_at !== null &&
              other.ahead !== null &&
              `, with ${other.ahead.count === 0 ? 'nothing' : counted(other.ahead.count, 'task', other.ahead.more)} ahead of it for the same workers`}
            .
          </li>
        ))}
      </ul>
    </>
  );
}

function HoldLine({ hold }: { hold: Hold }): VNode {
  return (
    <>
      <span class="badge plain">{hold.kind.replaceAll('_', ' ')}</span> <Prose text={hold.says} />
      {hold.pause_id !== undefined && (
        <>
          {' '}
          <Link to={`pauses/${hold.pause_id}`}>pause {hold.pause_id}</Link>
        </>
      )}
      {hold.task_id !== undefined && (
        <>
          {' '}
          <Link to={`tasks/${hold.task_id}`}>task {hold.task_id}</Link>
        </>
      )}
      {hold.fix !== undefined && (
        <>
          {' '}
          To repair: <Prose text={hold.fix} />
        </>
      )}
      {hold.since !== null && (
        <span class="aside">
          {' '}
          since <When at={hold.since} />
        </span>
      )}
      {hold.until !== null && (
        <span class="aside">
          {' '}
          until <When at={hold.until} />
        </span>
      )}
    </>
  );
}

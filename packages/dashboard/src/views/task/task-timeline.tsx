import type { TaskEventView } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Prose } from '../../parts/prose.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { Timeline } from '../../parts/timeline.tsx';
import { queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { readTaskEvents } from '../../wire/calls.ts';

const DETAILS_MAX = 400;

/** What happened to the task, oldest first. */
export function TaskTimeline({ id }: { id: string }): VNode {
  const reading = useReading(id, (signal) => readTaskEvents(id, signal), queueVersion);
  return (
    <section aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <ReadingState reading={reading} what="The events" />
      {reading.value !== null && (
        <Timeline
          label="Events"
          moments={reading.value.events.map((event) => ({ key: event.id, at: event.at, says: <Says event={event} /> }))}
        />
      )}
      {reading.value !== null && reading.value.next_cursor !== null && (
        <p class="aside">
          The first {reading.value.events.length}. The others: <code>orchestra task events {id}</code>
        </p>
      )}
    </section>
  );
}

function Says({ event }: { event: TaskEventView }): VNode {
  return (
    <>
      <b>{event.kind}</b> by <Prose text={event.by} />
      <Details data={event.data} />
    </>
  );
}

function Details({ data }: { data: unknown }): VNode | null {
  if (typeof data !== 'object' || data === null) return null;
  const told = Object.entries(data).filter(([, value]) => value !== null);
  if (told.length === 0) return null;
  const text = told
    .map(
      ([name, value]) => `${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    .join(', ');
  return (
    <p class="details">
      <Prose text={text.length > DETAILS_MAX ? `${text.slice(0, DETAILS_MAX)}…` : text} />
    </p>
  );
}

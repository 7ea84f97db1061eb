import type { VNode } from 'preact';
import { Count } from '../../parts/count.tsx';
import { tasksAt } from '../../state/place.ts';
import { desk, queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { ratePerMinute } from '../../text/count.ts';
import { readRates } from '../../wire/calls.ts';
import { ReadingState } from '../../parts/reading-state.tsx';
import { RatesChart } from './rates-chart.tsx';

const GAP_MS = 2_000;

/** How deep the queue is and how fast it goes. */
export function QueueStrip(): VNode {
  const numbers = desk.value;
  const rates = useReading('rates', readRates, queueVersion, { gapMs: GAP_MS, isOld: (numbers, askedMsAgo) => numbers.age_ms > askedMsAgo });
  return (
    <section class="queue-strip" aria-label="The queue">
      <dl class="depths">
        <Depth name="queued">{numbers === null ? '–' : <Count value={numbers.queued} more={numbers.queued_more} to={tasksAt({ status: 'queued' })} of="queued" />}</Depth>
        <Depth name="running">{numbers === null ? '–' : <Count value={numbers.running} to={tasksAt({ status: 'running' })} of="running" />}</Depth>
        <Depth name="held" tone="warn">{numbers === null ? '–' : <Count value={numbers.held} to={tasksAt({ status: 'held' })} of="held" />}</Depth>
        <Depth name="parked" tone="warn">{numbers === null ? '–' : <Count value={numbers.parked} to={tasksAt({ parked: true })} of="parked" />}</Depth>
      </dl>
      <div class="rates">
        <ReadingState reading={rates} what="The rates" />
        {rates.value !== null && (
          <>
            <ul class="legend" aria-label="Per minute, over the last minute">
              <li class="claimed">{ratePerMinute(rates.value.per_second.claimed)} claimed</li>
              <li class="completed">{ratePerMinute(rates.value.per_second.completed)} finished</li>
              <li class="failed">{ratePerMinute(rates.value.per_second.failed)} failed</li>
            </ul>
            <RatesChart rates={rates.value} />
          </>
        )}
      </div>
    </section>
  );
}

function Depth({ name, tone, children }: { name: string; tone?: 'warn'; children: VNode | string }): VNode {
  return <div class={tone}><dt>{name}</dt><dd>{children}</dd></div>;
}

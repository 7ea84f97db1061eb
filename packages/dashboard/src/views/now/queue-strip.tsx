import type { QueueRates, RateRange } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Count } from '../../parts/count.tsx';
import { Link } from '../../parts/link.tsx';
import { RatesChart, type RatePoint } from '../../parts/rates-chart.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { tasksAt } from '../../state/place.ts';
import { query, withQuery } from '../../state/route.ts';
import { desk, queueVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { ratePerMinute } from '../../text/count.ts';
import { readRates } from '../../wire/calls.ts';

const GAP_MS = 2_000;
/** A longer range changes by the minute. */
const LONG_GAP_MS = 30_000;
const RANGES: readonly (readonly [RateRange, string, string])[] = [
  ['1h', '1 h', 'hour'],
  ['6h', '6 h', 'six hours'],
  ['24h', '24 h', 'day'],
  ['7d', '7 d', 'seven days'],
];
const NAMES = ['claimed', 'completed', 'failed'] as const;

/** How deep the queue is and how fast it goes. */
export function QueueStrip(): VNode {
  const numbers = desk.value;
  const [range, , inWords] = RANGES.find(([one]) => one === query.value.get('range')) ??
    RANGES[0] ?? ['1h', '', 'hour'];
  const rates = useReading(`rates ${range}`, (signal) => readRates(range, signal), queueVersion, {
    gapMs: range === '1h' ? GAP_MS : LONG_GAP_MS,
    isOld: (read, askedMsAgo) => read.age_ms > askedMsAgo,
  });
  return (
    <section class="queue-strip" aria-label="The queue">
      <dl class="depths">
        <Depth name="queued">
          {numbers === null ? (
            '–'
          ) : (
            <Count value={numbers.queued} more={numbers.queued_more} to={tasksAt({ status: 'queued' })} of="queued" />
          )}
        </Depth>
        <Depth name="running">
          {numbers === null ? '–' : <Count value={numbers.running} to={tasksAt({ status: 'running' })} of="running" />}
        </Depth>
        <Depth name="held" tone="warn">
          {numbers === null ? '–' : <Count value={numbers.held} to={tasksAt({ status: 'held' })} of="held" />}
        </Depth>
        <Depth name="parked" tone="warn">
          {numbers === null ? '–' : <Count value={numbers.parked} to={tasksAt({ parked: true })} of="parked" />}
        </Depth>
      </dl>
      <div class="rates">
        <div class="above-chart">
          {rates.value !== null && (
            <ul class="legend" aria-label="Per minute, over the last minute">
              <li class="claimed">{ratePerMinute(rates.value.per_second.claimed)} claimed</li>
              <li class="completed">{ratePerMinute(rates.value.per_second.completed)} finished</li>
              <li class="failed">{ratePerMinute(rates.value.per_second.failed)} failed</li>
            </ul>
          )}
          <nav class="tabs ranges" aria-label="Range of the chart">
            {RANGES.map(([one, says]) => (
              <Link key={one} to={withQuery({ range: one === '1h' ? null : one })} current={one === range}>
                {says}
              </Link>
            ))}
          </nav>
        </div>
        <ReadingState reading={rates} what="The rates" />
        {rates.value !== null && (
          <RatesChart
            points={pointsOf(rates.value)}
            names={NAMES}
            says={`Claimed, finished and failed per minute over the last ${inWords}`}
          />
        )}
      </div>
    </section>
  );
}

/**
 * The minute that is not over is left out: it would look like a collapse. The rates beside the chart are of the last
 * sixty seconds.
 */
function pointsOf({ minutes, spans }: QueueRates): RatePoint[] {
  if (spans === null)
    return minutes
      .slice(0, -1)
      .map(({ at, claimed, completed, failed }) => ({ atMs: Date.parse(at), rates: { claimed, completed, failed } }));
  return spans.list.map(({ at, minutes_known: known, claimed, completed, failed }) => ({
    atMs: Date.parse(at),
    rates: known === 0 ? null : { claimed: claimed / known, completed: completed / known, failed: failed / known },
  }));
}

function Depth({ name, tone, children }: { name: string; tone?: 'warn'; children: VNode | string }): VNode {
  return (
    <div class={tone}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

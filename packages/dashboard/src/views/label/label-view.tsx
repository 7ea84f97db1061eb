import type { LabelKind } from '@orchestra/pause-core/contract';
import { labelsOf, scopeOf } from '@orchestra/pause-core/scope';
import type { LabelNumbers, LabelPage } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Count } from '../../parts/count.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Link } from '../../parts/link.tsx';
import { PauseButton } from '../../parts/pause-button.tsx';
import { Prose } from '../../parts/prose.tsx';
import { RatesChart, type RatePoint } from '../../parts/rates-chart.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { UnknownLabel } from '../../parts/unknown-label.tsx';
import { tasksAt } from '../../state/place.ts';
import { labelsVersion, may, serverMs, shownPauses } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { count, counted } from '../../text/count.ts';
import { labelField } from '../../text/scope-kinds.ts';
import { readLabelPage } from '../../wire/calls.ts';
import { LabelAlerts } from './label-alerts.tsx';
import { LabelFailures } from './label-failures.tsx';
import { LabelPauses } from './label-pauses.tsx';

const GAP_MS = 3_000;
const MINUTE_MS = 60_000;

/** One agent, skill, quest or actor: how it goes, what pauses it, what was said of it, and what of it has failed. */
export function LabelView({ kind, value }: { kind: LabelKind; value: string }): VNode {
  const reading = useReading(`${kind} ${value}`, (signal) => readLabelPage(kind, value, signal), labelsVersion, {
    gapMs: GAP_MS,
    isOld: (page, askedMsAgo) => page.age_ms > askedMsAgo,
  });
  const pauses = shownPauses.value.filter(({ view }) =>
    labelsOf(scopeOf(view)).some(([one, label]) => one === kind && label === value),
  );
  const isPaused = pauses.some(({ view }) => view.also === null);
  return (
    <article data-scope-kind={kind} data-scope-value={value} data-whole-view>
      <header class="title">
        <div>
          <p class="kicker">
            <Link to={kind === 'agent' ? '' : `?by=${kind}`}>{kind}</Link>
          </p>
          <h1>
            <span class="mono">
              <Prose text={value} />
            </span>
            {isPaused && (
              <>
                {' '}
                <span class="badge warn">paused</span>
              </>
            )}
          </h1>
        </div>
        {may('pause') && !isPaused && (
          <div class="actions">
            <PauseButton kind={kind} value={value} />
          </div>
        )}
      </header>
      <ReadingState reading={reading} what={`This ${kind}`} />
      {reading.value !== null && <Known kind={kind} value={value} page={reading.value} />}
      <LabelPauses kind={kind} value={value} active={pauses.map(({ view }) => view)} />
      {reading.value !== null && <LabelAlerts kind={kind} value={value} alerts={reading.value.alerts} />}
      <LabelFailures kind={kind} value={value} />
      <p class="aside">
        <Link to={tasksAt({ [labelField(kind)]: value })}>All its tasks</Link>,{' '}
        <Link to={`history?${new URLSearchParams({ scope_kind: kind, scope_value: value })}`}>all its history</Link>
      </p>
    </article>
  );
}

function Known({
  kind,
  value,
  page: { numbers, label_known: isKnown, near_labels: near, since },
}: {
  kind: LabelKind;
  value: string;
  page: LabelPage;
}): VNode {
  const label = { [labelField(kind)]: value };
  const finished = numbers.per_minute.finished.reduce((all, one) => all + one, 0);
  return (
    <>
      {!isKnown && (
        <p class="line-trouble">
          <UnknownLabel near={near} kind={kind} />
        </p>
      )}
      <Facts
        facts={[
          [
            'Queued',
            <Count
              value={numbers.queued}
              more={numbers.queued_more}
              to={tasksAt({ ...label, status: 'queued' })}
              of="queued"
            />,
          ],
          [
            'Of these held by a pause',
            <Count value={numbers.deferred} to={tasksAt({ ...label, status: 'queued', paused: true })} of="deferred" />,
          ],
          ['Running', <Count value={numbers.running} to={tasksAt({ ...label, status: 'running' })} of="running" />],
          ['Finished in the last hour', counted(finished, 'run')],
          ['Failed in the last hour', counted(numbers.failed_last_hour, 'run')],
          ['Alerts in the last hour', count(numbers.alerts_last_hour)],
        ]}
      />
      <section aria-label="Rates">
        <ul class="legend" aria-label="Over the last hour">
          <li class="completed">finished per minute</li>
          <li class="failed">failed per minute</li>
        </ul>
        <RatesChart
          points={pointsOf(numbers, since)}
          names={['completed', 'failed']}
          says={`Finished and failed runs of ${kind} ${value} per minute over the last hour`}
        />
      </section>
    </>
  );
}

/** Without the minute that is not over. `since` is the beginning of the hour, or later where not all of it was read. */
function pointsOf({ per_minute: { finished, failed } }: LabelNumbers, since: string): RatePoint[] {
  const lastMs = Math.floor((serverMs.peek() ?? Date.now()) / MINUTE_MS) * MINUTE_MS;
  const sinceMs = Date.parse(since);
  return finished.slice(0, -1).map((completed, index) => {
    const atMs = lastMs - (finished.length - 1 - index) * MINUTE_MS;
    return { atMs, rates: atMs + MINUTE_MS <= sinceMs ? null : { completed, failed: failed[index] ?? 0 } };
  });
}

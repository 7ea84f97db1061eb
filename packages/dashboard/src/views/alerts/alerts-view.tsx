import type { VNode } from 'preact';
import { computed } from '@preact/signals';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { FilterChoice, FilterField } from '../../parts/filter-field.tsx';
import { Link } from '../../parts/link.tsx';
import { Pager } from '../../parts/pager.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { query } from '../../state/route.ts';
import { alertsVersion, may, pausesVersion } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { queryAmong } from '../../text/query-among.ts';
import { readAlerts } from '../../wire/calls.ts';
import { AlertRow } from './alert-row.tsx';

const FILTERS = ['ref_id', 'severity', 'unacknowledged', 'cursor'] as const;
const again = computed(() => alertsVersion.value + pausesVersion.value);

/** The alerts, newest first: what came, who took note of it, and which auto-pause it fed. */
export function AlertsView(): VNode {
  const asked = queryAmong(FILTERS, query.value);
  const reading = useReading(String(asked), (signal) => readAlerts(asked, signal), again);
  return (
    <>
      <h1>Alerts</h1>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <FilterField name="ref_id" label="actor" main />
        <FilterChoice
          name="severity"
          label="severity"
          any="any"
          values={[
            ['critical', 'critical'],
            ['high', 'high'],
            ['medium', 'medium'],
            ['low', 'low'],
          ]}
        />
        <FilterChoice name="unacknowledged" label="acknowledged" any="either" values={[['true', 'not yet']]} />
      </form>
      <ReadingState reading={reading} what="The alerts" />
      {reading.value !== null && reading.value.alerts.length === 0 && <NoAlerts filtered={asked.size > 0} />}
      {reading.value !== null && reading.value.alerts.length > 0 && (
        <table class="table cards alerts">
          <caption class="for-readers">Alerts, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">At</th>
              <th scope="col">Severity</th>
              <th scope="col">Actor</th>
              <th scope="col">Alert</th>
              <th scope="col">Triggered</th>
              <th scope="col">Acknowledged</th>
              {may('pause') && (
                <th scope="col">
                  <span class="for-readers">Pause</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {reading.value.alerts.map((alert) => (
              <AlertRow key={alert.id} alert={alert} onChange={reading.now} />
            ))}
          </tbody>
        </table>
      )}
      {reading.value !== null && <Pager next={reading.value.next_cursor} />}
    </>
  );
}

function NoAlerts({ filtered }: { filtered: boolean }): VNode {
  if (filtered)
    return (
      <Empty says="No alert is like that.">
        <p class="aside">
          <Link to="alerts">Show all alerts</Link>
        </p>
      </Empty>
    );
  return (
    <Empty says="No alert has come in.">
      <p class="aside">
        Sources post to <code>/api/senate/alerts</code>, Alertmanager to <code>/api/senate/alerts/alertmanager</code>.
        Three critical ones about one actor within five minutes pause it.
      </p>
    </Empty>
  );
}

import { computed } from '@preact/signals';
import type { VNode } from 'preact';
import { Empty } from '../../parts/empty.tsx';
import { FilterChoice, FilterField } from '../../parts/filter-field.tsx';
import { Link } from '../../parts/link.tsx';
import { Pager } from '../../parts/pager.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { query } from '../../state/route.ts';
import { alertsVersion, pausesVersion } from '../../state/store.ts';
import { zone } from '../../state/zone.ts';
import { useReading } from '../../state/use-reading.ts';
import { queryAmong } from '../../text/query-among.ts';
import { SCOPE_KIND_NAMES } from '../../text/scope-kinds.ts';
import { readHistory } from '../../wire/calls.ts';
import { HistoryTable } from './history-table.tsx';

const FILTERS = ['scope_kind', 'scope_value', 'also', 'by', 'action', 'since', 'until', 'cursor'] as const;
const again = computed(() => pausesVersion.value + alertsVersion.value);

/** Who did what, newest first. Nothing takes a line out of it. */
export function HistoryView(): VNode {
  const asked = withInstants(queryAmong(FILTERS, query.value));
  const reading = useReading(String(asked), (signal) => readHistory(asked, signal), again);
  return (
    <>
      <h1>History</h1>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <FilterChoice
          name="scope_kind"
          label="kind"
          any="any"
          values={[...SCOPE_KIND_NAMES, 'fleet'].map((kind) => [kind, kind] as const)}
        />
        <FilterField name="scope_value" label="id" main />
        <FilterField name="by" label="by" />
        <FilterField name="since" label={`since, ${zone.value === 'utc' ? 'UTC' : 'local'}`} type="datetime-local" />
        <FilterField name="until" label={`until, ${zone.value === 'utc' ? 'UTC' : 'local'}`} type="datetime-local" />
      </form>
      <ReadingState reading={reading} what="The history" />
      {reading.value !== null && reading.value.entries.length === 0 && (
        <Empty says="Nothing happened that is like that.">
          <p class="aside">
            <Link to="history">Show all of the history</Link>
          </p>
        </Empty>
      )}
      {reading.value !== null && reading.value.entries.length > 0 && <HistoryTable entries={reading.value.entries} />}
      {reading.value !== null && <Pager next={reading.value.next_cursor} />}
    </>
  );
}

/** The fields hold times by the clock that the reader has chosen, the service takes instants. */
function withInstants(asked: URLSearchParams): URLSearchParams {
  for (const name of ['since', 'until']) {
    const given = asked.get(name) ?? '';
    const at = Date.parse(zone.value === 'utc' && given !== '' ? `${given}Z` : given);
    if (Number.isNaN(at)) asked.delete(name);
    else asked.set(name, new Date(at).toISOString());
  }
  return asked;
}

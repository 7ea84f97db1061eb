import type { LabelKind } from '@orchestra/pause-core/contract';
import type { LabelNumbers } from '@orchestra/task-queue/contract';
import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Empty } from '../../parts/empty.tsx';
import { FilterField } from '../../parts/filter-field.tsx';
import { Link } from '../../parts/link.tsx';
import { ReadingState } from '../../parts/reading-state.tsx';
import { SortHeader, type Sorting } from '../../parts/sort-header.tsx';
import { query, withQuery } from '../../state/route.ts';
import { labelsVersion, may } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { SCOPE_KIND_NAMES, scopeKindOf } from '../../text/scope-kinds.ts';
import { readLabels } from '../../wire/calls.ts';
import { LabelRow } from './label-row.tsx';

// What is behind it is answered from memory for some seconds, so asking more often would show nothing new.
const GAP_MS = 3_000;
const TITLES: Record<LabelKind, string> = { agent: 'Agents', skill: 'Skills', quest: 'Quests', actor: 'Actors' };

/** Every agent, skill, quest or actor at work or in the queue, and one press from each to its pause. */
export function LabelTable(): VNode {
  const by = scopeKindOf(query.value.get('by')) ?? 'agent';
  const contains = query.value.get('find') ?? '';
  const sorting = useSignal<Sorting>({ by: 'queued', descending: true });
  const reading = useReading(`${by} ${contains}`, (signal) => readLabels(by, contains, signal), labelsVersion, {
    gapMs: GAP_MS,
    isOld: (labels, askedMsAgo) => labels.age_ms > askedMsAgo,
  });
  const rows = reading.value === null ? [] : sorted(reading.value.labels, sorting.value);
  const sort = (next: Sorting): void => {
    sorting.value = next;
  };
  const header = { sorting: sorting.value, onSort: sort };
  return (
    <section class="labels-at-work" aria-label={TITLES[by]}>
      <div class="table-tools">
        <nav class="tabs" aria-label="By">
          {SCOPE_KIND_NAMES.map((kind) => (
            <Link key={kind} to={withQuery({ by: kind === 'agent' ? null : kind })} current={kind === by}>
              {TITLES[kind]}
            </Link>
          ))}
        </nav>
        <FilterField name="find" label={`Find ${TITLES[by].toLowerCase()}`} placeholder="part of an id" main />
      </div>
      <ReadingState reading={reading} what={TITLES[by]} />
      {reading.value !== null && rows.length === 0 && <NoRows kind={by} contains={contains} />}
      {rows.length > 0 && (
        <table class="table numbers">
          <caption class="for-readers">{TITLES[by]} at work or in the queue</caption>
          <thead>
            <tr>
              <SortHeader by="value" {...header}>
                {by}
              </SortHeader>
              <SortHeader by="queued" number {...header}>
                queued
              </SortHeader>
              <SortHeader by="running" number {...header}>
                running
              </SortHeader>
              <SortHeader by="deferred" number {...header}>
                deferred
              </SortHeader>
              <SortHeader by="failed_last_hour" number {...header}>
                failed, 1h
              </SortHeader>
              <SortHeader by="alerts_last_hour" number {...header}>
                alerts, 1h
              </SortHeader>
              <th scope="col" class="spark">
                finished, 1h
              </th>
              {may('pause') && (
                <th scope="col">
                  <span class="for-readers">Pause</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody onKeyDown={moveBetweenRows}>
            {rows.map((row) => (
              <LabelRow key={row.value} kind={by} row={row} />
            ))}
          </tbody>
        </table>
      )}
      {reading.value !== null && reading.value.more && (
        <p class="aside">The first {rows.length}. Find the others by a part of their id.</p>
      )}
    </section>
  );
}

function NoRows({ kind, contains }: { kind: LabelKind; contains: string }): VNode {
  if (contains !== '')
    return (
      <Empty says={`No ${kind} whose id contains this is at work or in the queue.`}>
        <p class="aside">
          <Link to={withQuery({ find: null })}>Show all</Link>
        </p>
      </Empty>
    );
  return (
    <Empty says={`No ${kind} is at work or in the queue.`}>
      <p class="aside">
        Tasks come by <code>orchestra task add --{kind} …</code> or <code>POST /api/tasks</code>.
      </p>
    </Empty>
  );
}

type Column = 'value' | 'queued' | 'running' | 'deferred' | 'failed_last_hour' | 'alerts_last_hour';

function sorted(rows: readonly LabelNumbers[], { by, descending }: Sorting): LabelNumbers[] {
  const column = by as Column;
  const compare = (a: LabelNumbers, b: LabelNumbers): number =>
    column === 'value' ? a.value.localeCompare(b.value) : a[column] - b[column];
  return rows.toSorted((a, b) => (descending ? -1 : 1) * compare(a, b) || a.value.localeCompare(b.value));
}

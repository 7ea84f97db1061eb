import type { LabelKind } from '@orchestra/pause-core/contract';
import type { LabelNumbers } from '@orchestra/task-queue/contract';
import type { VNode } from 'preact';
import { Count } from '../../parts/count.tsx';
import { Link } from '../../parts/link.tsx';
import { PauseButton } from '../../parts/pause-button.tsx';
import { Prose } from '../../parts/prose.tsx';
import { Sparkline } from '../../parts/sparkline.tsx';
import { labelAt, tasksAt } from '../../state/place.ts';
import { PauseChanges } from './pause-changes.tsx';
import { may, shownPauses } from '../../state/store.ts';
import { count } from '../../text/count.ts';
import { labelField } from '../../text/scope-kinds.ts';

/**
 * One agent, skill, quest or actor in numbers; a number that is a link leads to exactly that many rows. Failed runs and
 * alerts are counted by what happened, and no list has one row for each.
 */
export function LabelRow({ kind, row }: { kind: LabelKind; row: LabelNumbers }): VNode {
  const paused = row.paused === null ? undefined : shownPauses.value.find(({ view }) => view.id === row.paused);
  const label = { [labelField(kind)]: row.value };
  return (
    <tr data-scope-kind={kind} data-scope-value={row.value}>
      <th scope="row">
        <Link to={labelAt(kind, row.value)} class="mono">
          <Prose text={row.value} />
        </Link>
        {row.paused !== null && (
          <>
            {' '}
            <Link to={`pauses/${row.paused}`} class="badge warn">
              paused
            </Link>
          </>
        )}
      </th>
      <td class="number">
        <Count value={row.queued} more={row.queued_more} to={tasksAt({ ...label, status: 'queued' })} of="queued" />
      </td>
      <td class="number">
        <Count value={row.running} to={tasksAt({ ...label, status: 'running' })} of="running" />
      </td>
      <td class="number">
        <Count value={row.deferred} to={tasksAt({ ...label, status: 'queued', paused: true })} of="deferred" />
      </td>
      <td class={row.failed_last_hour > 0 ? 'number bad' : 'number'}>
        <span aria-label={`${count(row.failed_last_hour)} failed runs`}>{count(row.failed_last_hour)}</span>
      </td>
      <td class={row.alerts_last_hour > 0 ? 'number bad' : 'number'}>
        <span aria-label={`${count(row.alerts_last_hour)} alerts`}>{count(row.alerts_last_hour)}</span>
      </td>
      <td class="spark">
        <Sparkline finished={row.per_minute.finished} failed={row.per_minute.failed} of={`${kind} ${row.value}`} />
      </td>
      {may('pause') && (
        <td class="row-action">
          {paused === undefined ? <PauseButton kind={kind} value={row.value} /> : <PauseChanges view={paused.view} />}
        </td>
      )}
    </tr>
  );
}

import type { HistoryEntry } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { Link } from '../../parts/link.tsx';
import { Prose } from '../../parts/prose.tsx';
import { ScopeName } from '../../parts/scope-name.tsx';
import { When } from '../../parts/when.tsx';
import { withQuery } from '../../state/route.ts';
import { actionName } from '../../text/action-name.ts';

export function HistoryTable({ entries }: { entries: readonly HistoryEntry[] }): VNode {
  return (
    <table class="table cards history">
      <caption class="for-readers">What was done, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">At</th>
          <th scope="col">By</th>
          <th scope="col">What</th>
          <th scope="col">To</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody onKeyDown={moveBetweenRows}>
        {entries.map((entry) => (
          <tr key={entry.id}>
            <td class="ticks" data-label="At">
              <When at={entry.at} />
            </td>
            <td data-label="By">
              <Link to={withQuery({ by: entry.by })}>
                <Prose text={entry.by} />
              </Link>
            </td>
            <th scope="row" data-label="What">
              {actionName(entry.action)}
            </th>
            <td data-label="To">
              <Subject entry={entry} />
            </td>
            <td class="reason" data-label="Why">
              {entry.why === null ? '–' : <Prose text={entry.why} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A task and a pause have a page of their own. */
const PAGES: Record<string, string> = { pause: 'pauses', task: 'tasks' };

function Subject({ entry }: { entry: HistoryEntry }): VNode {
  const { subject_kind: kind, subject_id: id, scope_kind: scopeKind, scope_value: scopeValue, also } = entry;
  const page = PAGES[kind];
  const name = (
    <>
      {kind}{' '}
      <span class="mono">
        <Prose text={id} />
      </span>
    </>
  );
  return (
    <span>
      {page === undefined ? name : <Link to={`${page}/${id}`}>{name}</Link>}
      {scopeKind !== null && scopeValue !== null && (
        <>
          {' '}
          <Link
            to={`history?${new URLSearchParams({ scope_kind: scopeKind, scope_value: scopeValue, ...(also === null ? {} : { also: JSON.stringify(also) }) })}`}
          >
            <ScopeName of={{ scope_kind: scopeKind, scope_value: scopeValue, also }} />
          </Link>
        </>
      )}
    </span>
  );
}

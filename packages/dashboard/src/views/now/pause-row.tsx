import type { VNode } from 'preact';
import { Age } from '../../parts/age.tsx';
import { Author } from '../../parts/author.tsx';
import { Count } from '../../parts/count.tsx';
import { Effect } from '../../parts/effect.tsx';
import { Link } from '../../parts/link.tsx';
import { Reason } from '../../parts/reason.tsx';
import { scopeData } from '../../parts/scope-data.ts';
import { ScopeName } from '../../parts/scope-name.tsx';
import { TimeLeft } from '../../parts/time-left.tsx';
import { tasksAt } from '../../state/place.ts';
import type { ShownPause } from '../../state/senate-state.ts';
import { may } from '../../state/store.ts';
import { PauseChanges } from './pause-changes.tsx';

/** One active pause. On a narrow screen a row becomes a card, and `data-label` its labels. */
export function PauseRow({ pause }: { pause: ShownPause }): VNode {
  const { view } = pause;
  return (
    <tr data-pause={view.id} {...scopeData(view)}>
      <th scope="row">
        <Link to={`pauses/${view.id}`}>
          <ScopeName of={view} />
        </Link>
      </th>
      <td class="reason" data-label="Reason">
        <Reason text={view.reason} />
      </td>
      <td data-label="By">
        <Author view={view} />
      </td>
      <td class="ticks" data-label="Paused for">
        <Age since={view.paused_at} />
      </td>
      <td class="ticks" data-label="Time left">
        <TimeLeft view={view} />
      </td>
      <td class="number" data-label="Held">
        {pause.queued === null ? (
          '–'
        ) : (
          <Count value={pause.queued} more={pause.queuedMore} to={tasksAt({ held_by: view.id })} of="tasks held" />
        )}
      </td>
      <td data-label="In flight">
        <Link to={`pauses/${view.id}`} class="plain-link">
          <Effect pause={pause} />
        </Link>
      </td>
      {may('pause') && (
        <td class="row-action">
          <PauseChanges view={view} />
        </td>
      )}
    </tr>
  );
}

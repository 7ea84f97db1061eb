import type { VNode } from 'preact';
import type { ShownPause } from '../senate-state.ts';
import { Age } from './age.tsx';
import { Author } from './author.tsx';
import { Effect } from './effect.tsx';
import { Reason } from './reason.tsx';
import { ScopeName } from './scope-name.tsx';
import { TimeLeft } from './time-left.tsx';

/** One active pause. On a narrow screen a row becomes a card, and `data-label` its labels. */
export function PauseRow({ pause }: { pause: ShownPause }): VNode {
  const { view } = pause;
  return (
    <tr data-pause={view.id}>
      <th scope="row"><ScopeName kind={view.scope_kind} value={view.scope_value} /></th>
      <td class="reason" data-label="Reason"><Reason text={view.reason} /></td>
      <td data-label="By"><Author view={view} /></td>
      <td class="number" data-label="Paused for"><Age since={view.paused_at} /></td>
      <td class="number" data-label="Time left"><TimeLeft view={view} /></td>
      <td data-label="In flight"><Effect pause={pause} /></td>
    </tr>
  );
}

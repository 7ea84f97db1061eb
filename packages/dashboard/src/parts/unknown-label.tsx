import type { LabelKind, NearLabel } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { count } from '../text/count.ts';
import { Prose } from './prose.tsx';

/** Says that a label may be a slip of the pen, and what may have been meant. */
export function UnknownLabel({
  near = [],
  kind,
}: {
  near: readonly NearLabel[] | undefined;
  kind?: LabelKind | undefined;
}): VNode {
  return (
    <>
      No task, run, worker or earlier pause has ever carried this {kind ?? 'label'}.{near.length > 0 && ' Near it: '}
      {near.map((one, index) => (
        <span key={one.scope_value}>
          {index > 0 && ', '}
          <b class="mono">
            <Prose text={one.scope_value} />
          </b>{' '}
          ({count(one.in_flight_count)} in flight, {count(one.queued)}
          {one.queued_more && '+'} waiting)
        </span>
      ))}
    </>
  );
}

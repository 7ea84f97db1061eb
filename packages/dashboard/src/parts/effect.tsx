import type { VNode } from 'preact';
import type { ShownPause } from '../state/senate-state.ts';

/** Has the pause taken full effect: quiet, or how many runs still go on to their normal end. */
export function Effect({ pause }: { pause: ShownPause }): VNode {
  if (pause.quiet) return <span class="badge good">quiet</span>;
  // Not counted yet, or just come to none: draining until it is said to be quiet.
  return <span class="badge warn">{pause.inFlightCount ? `draining ${pause.inFlightCount}` : 'draining'}</span>;
}

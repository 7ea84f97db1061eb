import type { VNode } from 'preact';
import { connection, doubt, drainingCount, shownPauses } from '../store.ts';

/** The page in one sentence. */
export function Headline(): VNode {
  const count = shownPauses.value.length;
  if (count === 0) {
    const sure = connection.value.phase === 'live' && doubt.value === null;
    return <h1 class="headline">{sure ? 'Nothing is paused.' : 'Nothing was paused.'}</h1>;
  }
  return (
    <div class="headline some">
      <h1>{count === 1 ? '1 pause is active' : `${count} pauses are active`}</h1>
      <p>{effect(count, drainingCount.value)}</p>
    </div>
  );
}

function effect(count: number, draining: number): string {
  if (draining === 0) return 'Quiet: nothing that they cover is running.'.replace('they cover', count === 1 ? 'it covers' : 'they cover');
  if (draining === count) return 'Draining: what was already running goes on to its normal end.';
  return `${draining} of ${count} draining: what was already running goes on to its normal end.`;
}

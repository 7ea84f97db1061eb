import type { VNode } from 'preact';
import { confirmed, drainingCount, shownPauses } from '../store.ts';

/** The page in one sentence; in the past tense while it is not known to be true now. */
export function Headline(): VNode {
  const count = shownPauses.value.length;
  if (count === 0) {
    return <h1 class="headline">{confirmed.value ? 'Nothing is paused.' : 'Nothing was paused.'}</h1>;
  }
  return (
    <div class="headline some">
      <h1>{confirmed.value ? active(count, 'is', 'are') : active(count, 'was', 'were')}</h1>
      <p>{effect(count, drainingCount.value)}</p>
    </div>
  );
}

function active(count: number, one: string, several: string): string {
  return count === 1 ? `1 pause ${one} active` : `${count} pauses ${several} active`;
}

function effect(count: number, draining: number): string {
  if (draining === 0) return `Quiet: nothing that ${count === 1 ? 'it covers' : 'they cover'} is running.`;
  if (draining === count) return 'Draining: what was already running goes on to its normal end.';
  return `${draining} of ${count} draining: what was already running goes on to its normal end.`;
}

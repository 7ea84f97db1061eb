import type { VNode } from 'preact';
import { shownPauses } from '../store.ts';
import { PauseRow } from './pause-row.tsx';

// More rows than anyone reads; the list in full is one command away.
const ROWS_MAX = 200;

/** The active pauses, the newest first. */
export function PauseTable(): VNode {
  const more = shownPauses.value.length - ROWS_MAX;
  return (
    <>
      <table class="pauses">
        <caption class="for-readers">Active pauses, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Scope</th>
            <th scope="col">Reason</th>
            <th scope="col">By</th>
            <th scope="col">Paused for</th>
            <th scope="col">Time left</th>
            <th scope="col">In flight</th>
          </tr>
        </thead>
        <tbody>{shownPauses.value.slice(0, ROWS_MAX).map((pause) => <PauseRow key={pause.view.id} pause={pause} />)}</tbody>
      </table>
      {more > 0 && <p class="aside">And {more} older ones: <code>orchestra senate pauses</code>.</p>}
      <p class="aside">To end one: <code>{'orchestra senate unpause <kind> <id>'}</code></p>
    </>
  );
}

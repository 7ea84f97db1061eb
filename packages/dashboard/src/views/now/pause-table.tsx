import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { may, shownPauses } from '../../state/store.ts';
import { PauseRow } from './pause-row.tsx';

// More rows than anyone reads; the list in full is one command away.
const ROWS_MAX = 200;

/** The active pauses, the newest first. */
export function PauseTable(): VNode {
  const more = shownPauses.value.length - ROWS_MAX;
  return (
    <>
      <table class="table pauses cards">
        <caption class="for-readers">Active pauses, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Scope</th>
            <th scope="col">Reason</th>
            <th scope="col">By</th>
            <th scope="col">Paused for</th>
            <th scope="col">Time left</th>
            <th scope="col" class="number">
              Held
            </th>
            <th scope="col">In flight</th>
            {may('pause') && (
              <th scope="col">
                <span class="for-readers">Change</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody onKeyDown={moveBetweenRows}>
          {shownPauses.value.slice(0, ROWS_MAX).map((pause) => (
            <PauseRow key={pause.view.id} pause={pause} />
          ))}
        </tbody>
      </table>
      {more > 0 && (
        <p class="aside">
          And {more} older ones: <code>orchestra senate pauses</code>.
        </p>
      )}
    </>
  );
}

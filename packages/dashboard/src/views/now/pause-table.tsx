import type { VNode } from 'preact';
import { moveBetweenRows } from '../../parts/arrow-rows.ts';
import { desk, may, shownPauses } from '../../state/store.ts';
import { useReading } from '../../state/use-reading.ts';
import { readActivePauses } from '../../wire/calls.ts';
import { PauseRow } from './pause-row.tsx';

// More rows than anyone reads; the list in full is one command away.
const ROWS_MAX = 200;
// Counting reads the tables of other engines, which have no index by our labels.
const ATTACHED_GAP_MS = 10_000;

/** The active pauses, the newest first. */
export function PauseTable(): VNode {
  // The numbers that come with the stream are those of Orchestra's own queue.
  const listed = useReading('active pauses', (signal) => readActivePauses(ROWS_MAX, signal), desk, {
    gapMs: ATTACHED_GAP_MS,
  });
  const attached = new Map(listed.value?.pauses.map(({ id, attached: works = [] }) => [id, works]));
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
            <PauseRow key={pause.view.id} pause={pause} attached={attached.get(pause.view.id) ?? []} />
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

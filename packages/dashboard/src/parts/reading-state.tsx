import type { VNode } from 'preact';
import type { Reading } from '../state/reader.ts';
import { monotonicMs } from '../state/store.ts';

const SLOW_MS = 1_000;

/** Says so when a reading takes longer than a second, and when it failed; nothing otherwise. */
export function ReadingState({
  reading,
  what,
}: {
  reading: Reading<unknown> & { now: () => void };
  what: string;
}): VNode | null {
  const { value, trouble, busySinceMs } = reading;
  if (trouble !== null) {
    return (
      <p class="line-trouble" role="alert">
        {value === null
          ? `${what} could not be read. `
          : `${what} could not be read again; what you see is from before. `}
        {trouble.message}{' '}
        <button type="button" class="quiet-button" onClick={reading.now}>
          Try again
        </button>
      </p>
    );
  }
  if (busySinceMs !== null && monotonicMs.value - busySinceMs > SLOW_MS)
    return <Busy says={`Reading ${what.toLowerCase()}…`} />;
  return value === null ? (
    <p class="placeholder" aria-hidden="true">
      &nbsp;
    </p>
  ) : null;
}

/** Something that takes longer than a second is under way. */
export function Busy({ says }: { says: string }): VNode {
  return (
    <p class="busy" role="status">
      <progress aria-label={says} /> {says}
    </p>
  );
}

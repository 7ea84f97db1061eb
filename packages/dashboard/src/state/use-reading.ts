import { effect, signal, type ReadonlySignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { Reader, type Reading } from './reader.ts';
import { endSessionFor } from './session.ts';

const GAP_MS = 1_000;

/** For what is read once and not again by itself: a list that changes before the eyes is hard to read, or to judge. */
export const ONCE: ReadonlySignal<unknown> = signal(0);

/**
 * What `read` answers, read again whenever `again` changes.
 *
 * @param what names what is read: another name starts again, the same one keeps what was read while it is read again
 */
export function useReading<T>(
  what: string,
  read: (signal: AbortSignal) => Promise<T>,
  again: ReadonlySignal<unknown>,
  { gapMs = GAP_MS, isOld }: { gapMs?: number; isOld?: (value: T, askedMsAgo: number) => boolean } = {},
): Reading<T> & { now: () => void } {
  const reader = useMemo(() => new Reader(read, { gapMs, isOld, onTrouble: endSessionFor }), [what]);
  useEffect(() => () => reader.stop(), [reader]);
  // By itself: what it is read again for may change while it stays the same that is read.
  useEffect(
    () =>
      effect(() => {
        void again.value;
        reader.refresh();
      }),
    [reader, again],
  );
  return { ...reader.state.value, now: () => reader.now() };
}

import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError } from '../wire/api-error.ts';
import { newKey } from '../wire/idempotency-key.ts';
import { endSessionFor } from './session.ts';
import { monotonicMs } from './store.ts';

const SLOW_MS = 1_000;

export interface Change<Args extends unknown[]> {
  /** Under way. */
  readonly busy: boolean;
  /** Under way for longer than a second: say so. */
  readonly slow: boolean;
  /** Why it failed, in words. */
  readonly trouble: string | null;
  start: (...args: Args) => void;
}

/**
 * A change that a person asks for. Asked for again after a failure, with the same arguments, it carries the same
 * `Idempotency-Key`: an answer that was lost is not a change made twice.
 */
export function useChange<Args extends unknown[], T>(
  make: (wanted: { key: string; signal: AbortSignal }, ...args: Args) => Promise<T>,
  onDone: (answer: T) => void,
): Change<Args> {
  const sinceMs = useSignal<number | null>(null);
  const trouble = useSignal<string | null>(null);
  const wanted = useRef<{ key: string; what: string } | null>(null);
  const leaving = useRef(new AbortController());
  useEffect(() => () => leaving.current.abort(), []);

  const start = (...args: Args): void => {
    if (sinceMs.value !== null) return;
    const what = JSON.stringify(args);
    if (wanted.current?.what !== what) wanted.current = { key: newKey(), what };
    const { key } = wanted.current;
    const { signal } = leaving.current;
    sinceMs.value = performance.now();
    trouble.value = null;
    make({ key, signal }, ...args).then(
      (answer) => {
        wanted.current = null;
        sinceMs.value = null;
        onDone(answer);
      },
      (error: unknown) => {
        sinceMs.value = null;
        if (signal.aborted) return;
        trouble.value = error instanceof Error ? error.message : String(error);
        if (error instanceof ApiError) endSessionFor(error);
      },
    );
  };
  return {
    busy: sinceMs.value !== null,
    slow: sinceMs.value !== null && monotonicMs.value - sinceMs.value > SLOW_MS,
    trouble: trouble.value,
    start,
  };
}

import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 100;
const WITHIN_MS = 60_000;

/** The run is not what it was to be. */
export class NotHeld extends Error {
  override readonly name = 'NotHeld';
}

/** @throws NotHeld unless `condition` is true */
export function hold(condition: boolean, promise: string, saw: unknown): asserts condition {
  if (!condition) throw new NotHeld(`${promise}; saw ${JSON.stringify(saw)}`);
}

/**
 * Looks again and again until `look` finds something (anything but undefined), and answers that.
 *
 * @throws NotHeld after a minute; the signal's reason when it is aborted
 */
export async function waitFor<T>(what: string, signal: AbortSignal, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new NotHeld(`${what}: not within ${WITHIN_MS / 1_000} s`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

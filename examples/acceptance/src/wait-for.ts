import { setTimeout as delay } from 'node:timers/promises';
import { NotHeld } from './not-held.ts';

const LOOK_EVERY_MS = 100;

/**
 * Looks again and again until `look` finds something (anything but undefined), and answers that.
 *
 * @throws NotHeld after `withinMs`; the signal's reason when it is aborted
 */
export async function waitFor<T>(
  what: string,
  { withinMs, signal }: { withinMs: number; signal: AbortSignal },
  look: () => Promise<T | undefined>,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    signal.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new NotHeld(`${what}: not within ${withinMs / 1_000} s`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

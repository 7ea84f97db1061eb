import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until `probe` answers something truthy and returns it. For what gives no event to wait for.
 *
 * @throws after `timeoutMs`, with `what` and the probe's last answer
 */
export async function until<T>(what: string, probe: () => T | Promise<T>, timeoutMs = 60_000): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  let last: T | undefined;
  while (performance.now() < deadline) {
    last = await probe();
    if (last) return last;
    await delay(10);
  }
  throw new Error(`waited ${timeoutMs} ms for: ${what}; last seen: ${JSON.stringify(last)}`);
}

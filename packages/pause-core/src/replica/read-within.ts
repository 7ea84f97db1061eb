import { ReplicaError } from './errors.ts';

export type Outcome<T> = { ok: true; answer: T } | { ok: false; error: Error };

/**
 * One reading that ends within `timeoutMs`, or when `stopped` aborts, whatever `read` does. An answer that comes later
 * is dropped. Never rejects: an error is an outcome.
 */
export async function readWithin<T>(
  read: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  stopped: AbortSignal,
): Promise<Outcome<T>> {
  const limit = new AbortController();
  const gaveUp = Promise.withResolvers<Outcome<T>>();
  const giveUp = (why: string): void => {
    const error = new ReplicaError('read_timed_out', why);
    gaveUp.resolve({ ok: false, error });
    limit.abort(error);
  };
  const stop = (): void => giveUp('reading was stopped');
  const timer = setTimeout(giveUp, timeoutMs, `the active pauses were not read within ${timeoutMs} ms`);
  stopped.addEventListener('abort', stop);
  try {
    return await Promise.race([gaveUp.promise, read(limit.signal).then((answer) => ({ ok: true as const, answer }))]);
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  } finally {
    clearTimeout(timer);
    stopped.removeEventListener('abort', stop);
  }
}

import { Sleeper } from '@orchestra/timing';
import type { Desk } from './desk.ts';

// Where no stream tells of changes, or it is cut off.
const UNTOLD_EVERY_MS = 2_000;
// A stream that is up brings numbers every two seconds; this is for a service of an earlier version, which brings none.
const TOLD_EVERY_MS = 10_000;

/**
 * Calls `look` at once, again whenever the stream tells of something, and every two seconds where there is no stream.
 * One look at a time, and always one that began after the last change.
 *
 * @returns once `look` says so, or at the abort
 */
export async function lookAgain(
  events: Desk['events'],
  signal: AbortSignal,
  look: () => Promise<'done' | 'go on'>,
): Promise<void> {
  const ended = new AbortController();
  const ending = AbortSignal.any([signal, ended.signal]);
  const line = { isUp: false, isNews: false, failure: undefined as Error | undefined };
  const sleeper = new Sleeper();
  const ring = (): void => {
    line.isNews = true;
    sleeper.wake();
  };
  const following = listen(events, ending, line, ring);
  try {
    while (!ending.aborted) {
      if (line.failure !== undefined) throw line.failure;
      line.isNews = false;
      if ((await look()) === 'done') return;
      if (line.isNews) continue;
      await sleeper.wait(line.isUp ? TOLD_EVERY_MS : UNTOLD_EVERY_MS, ending);
    }
  } finally {
    ended.abort();
    await following;
  }
}

async function listen(
  events: Desk['events'],
  signal: AbortSignal,
  line: { isUp: boolean; failure: Error | undefined },
  ring: () => void,
): Promise<void> {
  if (events === undefined) return;
  try {
    const stream = events({
      signal,
      onDesk: ring,
      onState: ({ state }) => {
        if (state === 'connected') line.isUp = true;
        if (state === 'disconnected') line.isUp = false;
      },
    });
    for await (const _event of stream) ring();
  } catch (error) {
    line.failure = error instanceof Error ? error : new Error(String(error));
    ring();
  }
}

import { sleep } from '@orchestra/timing';

/** A process that was started. */
export interface Running {
  /** Resolves when it is gone, asked or not, with how it ended. */
  ended: Promise<string>;
  stop(): Promise<void>;
}

export interface KeepOptions<R extends Running> {
  name: string;
  /** Starts it once more. */
  restart: (signal: AbortSignal) => Promise<R>;
  /** Tells the person at the terminal. */
  say: (line: string) => void;
  /** Waits between restarts, in order: when they are used up, it stays down. */
  waitsMs?: readonly number[];
  /** After running for so long, earlier failures count no more. */
  steadyMs?: number;
}

export interface Kept {
  /** Stops it for good. */
  stop(): Promise<void>;
  /** Resolves, with how it ended, when it has been given up. */
  givenUp: Promise<string>;
}

const WAITS_MS = [500, 1_000, 2_000, 5_000, 10_000];
const STEADY_MS = 60_000;

/** Starts what has died again: a few times, with growing waits, and says so each time. */
export function keepRunning<R extends Running>(
  first: R,
  { name, restart, say, waitsMs = WAITS_MS, steadyMs = STEADY_MS }: KeepOptions<R>,
): Kept {
  const stopping = new AbortController();
  const givenUp = Promise.withResolvers<string>();
  let current: R | undefined = first;

  async function watch(): Promise<void> {
    let failures = 0;
    let sinceMs = performance.now();
    let how = await first.ended;
    while (!stopping.signal.aborted) {
      if (performance.now() - sinceMs >= steadyMs) failures = 0;
      const waitMs = waitsMs[failures++];
      current = undefined;
      if (waitMs === undefined) {
        givenUp.resolve(how);
        return;
      }
      say(`${name} has ended (${how}); starting it again (${failures} of ${waitsMs.length})`);
      // Rejects when stopped, and only then
      await sleep(waitMs, stopping.signal);
      if (stopping.signal.aborted) return;
      sinceMs = performance.now();
      try {
        current = await restart(stopping.signal);
        // Stopped in this very moment: stop() had nothing in hand yet.
        if (stopping.signal.aborted) return await current.stop();
        say(`${name} is running again`);
        how = await current.ended;
      } catch (error) {
        how = error instanceof Error ? error.message : String(error);
      }
    }
  }

  const watching = watch();
  return {
    givenUp: givenUp.promise,
    stop: async () => {
      stopping.abort();
      await current?.stop();
      await watching;
    },
  };
}

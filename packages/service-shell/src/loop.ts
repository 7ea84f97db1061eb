import { SQLSTATE, sqlState } from '@orchestra/database';
import { Sleeper } from '@orchestra/timing';
import type { Logger } from './log.ts';
import { manualPage } from './manual.ts';

export interface LoopOptions {
  /** Stands in log lines. */
  name: string;
  /** The longest time between two rounds. */
  everyMs: number;
  /** After a round that failed; `everyMs` unless told. */
  retryMs?: number;
  /** The shortest time between the beginnings of two rounds, however often it is woken. */
  gapMs?: number;
  /**
   * After a rest this number of rounds may follow each other without that gap: 1 unless given. On average they keep it.
   */
  burst?: number;
  /** One bounded round. Answering a number asks for the next round after that many milliseconds, if that is sooner. */
  round: () => Promise<number | void>;
  log: Logger;
}

export interface Loop {
  /** Asks for a round now. Any number of calls during a round make one more. */
  wake: () => void;
  /** Ends after the round under way. */
  stop: () => Promise<void>;
}

/** A right that the role lacks does not come by itself. */
function needsSomebody(error: unknown): boolean {
  return sqlState(error) === SQLSTATE.insufficientPrivilege;
}

/**
 * Runs rounds one after the other, never two at once. A round that fails is told once, as a warning or, where it
 * lacks a right, as an error, and tried again after a while; so is the round that works again.
 */
export function startLoop({ name, everyMs, retryMs = everyMs, gapMs = 0, burst = 1, round, log }: LoopOptions): Loop {
  let stopped = false;
  let woken = false;
  let failing = false;
  const rest = new Sleeper();
  const gap = new Sleeper();

  function tell(err: unknown): void {
    if (needsSomebody(err))
      log.error(
        { err },
        `${name} failed, and will until somebody mends it: "If services should not own the tables" in ` +
          `${manualPage('operations.md')} has the rights that it needs; it tries again every ${retryMs} ms`,
      );
    else log.warn({ err }, `${name} failed; it tries again every ${retryMs} ms`);
  }

  async function attempt(): Promise<number> {
    try {
      const nextMs = await round();
      if (failing) log.info(`${name} works again`);
      failing = false;
      return typeof nextMs === 'number' ? Math.min(Math.max(nextMs, 0), everyMs) : everyMs;
    } catch (err) {
      if (!failing) tell(err);
      failing = true;
      return retryMs;
    }
  }

  async function run(): Promise<void> {
    // When a round may begin that keeps the gap to all those before it.
    let keptFromMs = -Infinity;
    while (!stopped) {
      woken = false;
      keptFromMs = Math.max(performance.now(), keptFromMs) + gapMs;
      const waitMs = await attempt();
      if (!woken && !stopped) await rest.wait(waitMs);
      const gapLeftMs = keptFromMs - (burst - 1) * gapMs - performance.now();
      if (gapLeftMs > 0 && !stopped) await gap.wait(gapLeftMs);
    }
  }

  const ended = run();
  return {
    wake: () => {
      woken = true;
      rest.wake();
    },
    stop: async () => {
      stopped = true;
      rest.wake();
      gap.wake();
      await ended;
    },
  };
}

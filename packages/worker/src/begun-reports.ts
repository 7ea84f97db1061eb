import type { Door } from './door.ts';
import type { TaskRun } from './task-run.ts';

// Shorter runs end before anybody could want to know that they had begun.
const REPORT_AFTER_MS = 250;
const REPORTED_AT_ONCE_MAX = 100;

/**
 * Tells the service which runs that it lists as claimed ahead have begun. Until that is told, or their ending is,
 * receipts list them apart; `quiet` waits for them either way, so nothing depends on a report that fails: the next one
 * brings it.
 */
export class BegunReports {
  readonly #door: Pick<Door, 'begun'>;
  /** Runs listed as claimed ahead, with the time of their beginning; undefined: they wait for it. */
  readonly #ahead = new Map<TaskRun, number | undefined>();
  #reporting = false;

  constructor(door: Pick<Door, 'begun'>) {
    this.#door = door;
  }

  /** The service lists it as claimed ahead. */
  claimedAhead(run: TaskRun): void {
    this.#ahead.set(run, undefined);
  }

  begun(run: TaskRun): void {
    if (this.#ahead.has(run)) this.#ahead.set(run, performance.now());
  }

  ended(run: TaskRun): void {
    this.#ahead.delete(run);
  }

  /** Reports those that have been at work for a while. To be called now and then; never rejects. */
  async report(): Promise<void> {
    if (this.#reporting) return;
    const before = performance.now() - REPORT_AFTER_MS;
    const runs = [...this.#ahead]
      .filter(([, begunAtMs]) => begunAtMs !== undefined && begunAtMs <= before)
      .map(([run]) => run)
      .slice(0, REPORTED_AT_ONCE_MAX);
    if (runs.length === 0) return;
    this.#reporting = true;
    try {
      await this.#door.begun({ begun: runs.map(({ task: { id, run_id } }) => ({ id, run_id })) }, { triesMax: 1 });
      for (const run of runs) this.#ahead.delete(run);
    } catch {
      // The next report brings them; heartbeats tell of a service that is away.
    } finally {
      this.#reporting = false;
    }
  }
}

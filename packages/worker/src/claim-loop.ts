import { setImmediate as nextTurn } from 'node:timers/promises';
import { askedWaitMs, backoffMs, type Backoff } from '@orchestra-brake/client';
import type { ClaimedTask, ClaimRequest } from '@orchestra/task-queue/contract';
import { sleep } from '@orchestra/timing';
import type { Door } from './door.ts';
import { GATHER_MS, type EndingBatch, type Endings } from './endings.ts';
import type { Roster } from './roster.ts';
import { isUntakable } from './untakable.ts';
import type { Tell } from './worker-events.ts';

export interface ClaimLoopOptions {
  door: Pick<Door, 'claim'>;
  /** Everything but how many, and what goes along. */
  request: Omit<ClaimRequest, 'limit' | 'ended' | 'ahead'> & { wait_seconds: number };
  roster: Roster<unknown>;
  endings: Endings;
  concurrency: number;
  /** How many tasks to claim ahead of those that run, as of now. */
  prefetch: () => number;
  /** How many calls may be under way at a time. */
  lines: number;
  /** Asked before each claim; resolves when claiming makes sense, or the signal has aborted. */
  ready: (signal: AbortSignal) => Promise<void>;
  /** Takes each task at once. `ahead`: the service was told that it waits before it begins. */
  take: (task: ClaimedTask, ahead: boolean) => void;
  /** A claim is sent that the service answers at once. */
  onAsked: () => void;
  /**
   * The service has answered a claim, the first one or the first one after failures. Told before the tasks are taken.
   */
  onAnswered: () => void;
  onFailed: (error: Error) => void;
  tell: Tell;
  /** No claim begins after this. */
  stopping: AbortSignal;
  /** Ends also the claims that are under way; the service puts back what they would have brought. */
  hurry: AbortSignal;
}

const BACKOFF: Backoff = { baseMs: 250, capMs: 10_000 };
const BATCH_MAX = 100;

/**
 * Claims what there is room for, until it is stopped. While the queue gives as much as is asked for, each claim takes
 * along the endings of the runs before it: one call and one commit for both. Once it gives less, one claim waits at the
 * service, and endings go by themselves. With the service away it goes on trying; it never rejects.
 */
export async function claimWhileWanted(options: ClaimLoopOptions): Promise<void> {
  const claiming = new Claiming(options);
  await Promise.all(Array.from({ length: options.lines }, () => claiming.line()));
}

class Claiming {
  readonly #options: ClaimLoopOptions;
  /** Tasks that claims under way may bring. */
  #asked = 0;
  /** A claim waits at the service, or for its next try. */
  #waits = false;
  /**
   * The service has answered the last claim. While it has not, claims do not wait for tasks, so that it is soon known
   * whether it takes them.
   */
  #answered = false;

  constructor(options: ClaimLoopOptions) {
    this.#options = options;
  }

  async line(): Promise<void> {
    const { roster, endings, ready, tell, stopping } = this.#options;
    for (let failures = 0; ;) {
      while (!this.#wanted() && !stopping.aborted) await roster.changed(stopping);
      if (endings.claimsFollow) await this.#gather();
      await ready(stopping);
      if (stopping.aborted) return;
      if (!this.#wanted()) continue; // meanwhile another line has
      const batch = endings.claimsFollow ? endings.take() : undefined;
      const waits = batch === undefined || batch.size === 0;
      try {
        if (waits) this.#waits = true;
        await this.#claim(batch, waits);
        failures = 0;
      } catch (thrown) {
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        endings.claimsFollow = false;
        if (this.#options.hurry.aborted) batch?.putBack();
        else batch?.fail(error);
        if (stopping.aborted) return;
        // Refused for what went along, perhaps. If not, the next claim says so.
        if (!waits && isUntakable(error)) continue;
        failures += 1;
        this.#answered = false;
        this.#options.onFailed(error);
        const retryInMs = Math.max(backoffMs(failures, BACKOFF), Math.min(askedWaitMs(thrown), BACKOFF.capMs));
        tell('claim-failed', { error, failures, retryInMs });
        await sleep(retryInMs, stopping); // stopped: seen at the top
      } finally {
        if (waits) this.#waits = false;
        roster.ring();
      }
    }
  }

  /** How many tasks there is room for, when `told` of the endings that are not told yet go along. */
  #room(told: number): number {
    const { roster, concurrency, prefetch } = this.#options;
    return Math.min(concurrency + prefetch() - roster.count - this.#asked + told, BATCH_MAX);
  }

  #wanted(): boolean {
    const { endings } = this.#options;
    const told = endings.claimsFollow ? endings.takeable : 0;
    if (told > 0) return this.#room(told) > 0;
    return !this.#waits && this.#room(0) > 0;
  }

  /** Runs that end at about the same time go along together. */
  async #gather(): Promise<void> {
    const { endings, roster, stopping } = this.#options;
    await nextTurn();
    if (roster.begunCount === 0) return;
    const late = AbortSignal.any([stopping, AbortSignal.timeout(GATHER_MS)]);
    while (roster.begunCount > 0 && endings.takeable < BATCH_MAX && !late.aborted) await roster.changed(late);
  }

  async #claim(batch: EndingBatch | undefined, waits: boolean): Promise<void> {
    const { door, request, roster, endings, concurrency, take, hurry } = this.#options;
    const limit = this.#room(batch?.size ?? 0);
    const beginAtOnce = Math.max(0, concurrency - roster.begunCount - roster.aheadCount - this.#asked);
    const ahead = Math.max(0, limit - beginAtOnce);
    this.#asked += limit;
    try {
      if (!this.#answered) this.#options.onAsked();
      const { tasks, ended } = await door.claim(
        {
          ...request,
          limit,
          wait_seconds: waits && this.#answered ? request.wait_seconds : 0,
          ...(waits ? {} : { ended: batch?.ended ?? [] }),
          ...(ahead > 0 ? { ahead } : {}),
        },
        { signal: hurry },
      );
      if (!this.#answered) this.#options.onAnswered();
      this.#answered = true;
      endings.claimsFollow = tasks.length === limit && !this.#options.stopping.aborted;
      batch?.settle(ended ?? []);
      for (const [index, task] of tasks.entries()) take(task, index >= limit - ahead);
    } finally {
      this.#asked -= limit;
    }
  }
}

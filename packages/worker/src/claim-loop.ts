import { setTimeout as delay } from 'node:timers/promises';
import { askedWaitMs, backoffMs, type Backoff, type Client } from '@orchestra/client';
import type { ClaimedTask, ClaimRequest } from '@orchestra/task-queue/contract';
import type { Slots } from './slots.ts';
import type { Tell } from './worker-events.ts';

export interface ClaimLoopOptions {
  client: Client;
  /** Everything but how many. */
  request: Omit<ClaimRequest, 'limit'>;
  slots: Slots<unknown>;
  /** Asked before each claim; resolves when claiming makes sense, or the signal has aborted. */
  ready: (signal: AbortSignal) => Promise<void>;
  /** Takes each task at once, so that a slot is taken when it returns. */
  begin: (task: ClaimedTask) => void;
  tell: Tell;
  /** No claim begins after this. */
  stopping: AbortSignal;
  /** Ends also the claim that is under way; the service puts back what it would have brought. */
  hurry: AbortSignal;
}

const BACKOFF: Backoff = { baseMs: 250, capMs: 10_000 };
const BATCH_MAX = 100;

/** Claims what there are free slots for, until it is stopped. With the service away it goes on trying; it never rejects. */
export async function claimWhileWanted({ client, request, slots, ready, begin, tell, stopping, hurry }: ClaimLoopOptions): Promise<void> {
  for (let failures = 0; ;) {
    await slots.oneFree(stopping);
    await ready(stopping);
    if (stopping.aborted) return;
    try {
      const { tasks } = await client.claim({ ...request, limit: Math.min(slots.free, BATCH_MAX) }, { signal: hurry });
      failures = 0;
      for (const task of tasks) begin(task);
    } catch (thrown) {
      if (stopping.aborted) return;
      failures += 1;
      const retryInMs = Math.max(backoffMs(failures, BACKOFF), Math.min(askedWaitMs(thrown), BACKOFF.capMs));
      tell('claim-failed', { error: thrown instanceof Error ? thrown : new Error(String(thrown)), failures, retryInMs });
      await delay(retryInMs, undefined, { signal: stopping }).catch(() => {}); // stopped: seen at the top
    }
  }
}

import type { DeskNumbers } from '@orchestra/task-queue/contract';
import { backoffMs, type Sleeper } from '@orchestra/timing';
import { ApiError } from './api-error.ts';
import { readStream } from './read-stream.ts';
import type { StreamMessage } from './stream-message.ts';

// A stream that lasted this long was a good one; one that breaks sooner counts as a failure, so that a service that
// accepts and drops at once is not asked twice a second for ever.
const GOOD_AFTER_MS = 5_000;
/** Up to half of a wait is chance, so that a hundred open pages do not all come back in the same moment. */
export const BACKOFF = { baseMs: 500, capMs: 10_000 };

export interface Follower {
  /** The position to resume behind; null: nothing known yet. */
  position(): string | null;
  onOpen(response: Response): void;
  onHeard(): void;
  onDesk(numbers: DeskNumbers | null): void;
  onMessage(message: StreamMessage): void;
  /** The stream is gone and will be tried again. */
  onLost(error: ApiError): void;
}

/**
 * Follows the stream until `signal` ends it: whenever it breaks it is resumed behind the last message, after a wait
 * that grows with the failures in a row and that `waiting.wake()` cuts short.
 *
 * @throws {ApiError} `token_refused` or `not_allowed`: to try again would change nothing
 */
export async function followStream(
  baseUrl: string,
  follower: Follower,
  waiting: Sleeper,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  let beginAnew = false;
  while (!signal.aborted) {
    let openedAtMs = Number.POSITIVE_INFINITY;
    try {
      const hooks = {
        onOpen: (response: Response): void => {
          openedAtMs = performance.now();
          follower.onOpen(response);
        },
        onHeard: () => follower.onHeard(),
        onDesk: (numbers: DeskNumbers | null) => follower.onDesk(numbers),
      };
      for await (const message of readStream(baseUrl, beginAnew ? null : follower.position(), hooks, signal)) {
        beginAnew = false;
        follower.onMessage(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError) || error.code === 'token_refused' || error.code === 'not_allowed') throw error;
      // Resumed at the same place it would break at the same place.
      beginAnew = error.code === 'malformed';
      failures = performance.now() - openedAtMs > GOOD_AFTER_MS ? 1 : failures + 1;
      follower.onLost(error);
    }
    await waiting.wait(backoffMs(failures, BACKOFF), signal);
  }
}

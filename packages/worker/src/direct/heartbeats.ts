import type { HeartbeatAnswer } from '@orchestra/task-queue/contract';
import type { Beat, DirectQueue } from './direct-queue.ts';

interface Waiting {
  beat: Beat;
  answer: PromiseWithResolvers<HeartbeatAnswer | undefined>;
}

const AT_ONCE_MAX = 500;

/** Sends the heartbeats that are due at the same moment by one call: a worker may hold hundreds of leases. */
export class Heartbeats {
  readonly #queue: Pick<DirectQueue, 'beat'>;
  #waiting: Waiting[] = [];

  constructor(queue: Pick<DirectQueue, 'beat'>) {
    this.#queue = queue;
  }

  /** Resolves with undefined when the run is not this worker's any more. */
  send(beat: Beat): Promise<HeartbeatAnswer | undefined> {
    const waiting: Waiting = { beat, answer: Promise.withResolvers() };
    this.#waiting.push(waiting);
    if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    return waiting.answer.promise;
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let at = 0; at < waiting.length; at += AT_ONCE_MAX) void this.#tell(waiting.slice(at, at + AT_ONCE_MAX));
  }

  async #tell(batch: readonly Waiting[]): Promise<void> {
    try {
      const { alive, leaseSeconds } = await this.#queue.beat(batch.map(({ beat }) => beat));
      const stops = new Map(alive.map(({ n, stop }) => [n, stop]));
      for (const [index, { answer }] of batch.entries()) {
        const stop = stops.get(index + 1);
        answer.resolve(
          stop === undefined
            ? undefined
            : {
                lease_seconds: leaseSeconds,
                ...(stop === null ? {} : { stop: { ...stop, fence_at: new Date(stop.fence_at).toISOString() } }),
              },
        );
      }
    } catch (error) {
      for (const { answer } of batch) answer.reject(error);
    }
  }
}

import { ApiError } from '@orchestra-brake/client';
import { elapsedMs } from '@orchestra/pause-core/replica';
import { OneTimer } from './one-timer.ts';

export interface LeaseOptions {
  leaseMs: number;
  /** Sends a heartbeat; rejects when it was not answered within the limit, or refused. */
  beat: (timeLimitMs: number) => Promise<{ lease_seconds: number }>;
  /** The service says that the run is not ours. Nothing is sent any more. */
  onLost: (error: ApiError) => void;
  /** For as long as the lease lasts no heartbeat was answered: the run may be someone else's by now. Told once. */
  onLapsed: (silentMs: number) => void;
  onFailed: (error: Error) => void;
  /** Milliseconds, the time of a suspension included; for tests. */
  now?: (() => number) | undefined;
}

/** Codes that say: this run is over, whatever its worker thinks. */
export function saysRunIsOver(error: unknown): error is ApiError {
  return error instanceof ApiError && ['run_not_owner', 'task_not_found'].includes(error.code);
}

// A worker may hold hundreds of leases, most of which end before their first heartbeat.
const timer = new OneTimer<Lease>();

/** Keeps a run's lease by a heartbeat every third of it, until told to stop. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #now: () => number;
  #leaseMs: number;
  // Counted from when the question was sent: the service may have prolonged the lease at any moment after that.
  #heldSinceMs: number;
  #lapsed = false;
  #ended = false;
  #beating = false;
  #wantedWithinMs = Infinity;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#leaseMs = options.leaseMs;
    this.#now = options.now ?? elapsedMs;
    this.#heldSinceMs = this.#now();
    this.#beatIn(this.#leaseMs / 3);
  }

  /**
   * Whether no heartbeat was answered for as long as the lease lasts, also when this process was frozen, or the machine
   * suspended, and none was sent.
   */
  get lapsed(): boolean {
    return this.#now() - this.#heldSinceMs >= this.#leaseMs;
  }

  /** Brings the next heartbeat forward, for what it takes along. */
  beatWithin(ms: number): void {
    if (this.#beating) {
      this.#wantedWithinMs = ms;
      return;
    }
    if (performance.now() + ms < (timer.atMs(this) ?? -Infinity)) this.#beatIn(ms);
  }

  end(): void {
    this.#ended = true;
    timer.clear(this);
  }

  #beatIn(ms: number): void {
    if (this.#ended) return;
    const inMs = Math.min(ms, this.#wantedWithinMs);
    this.#wantedWithinMs = Infinity;
    timer.set(this, inMs, () => void this.#beat());
  }

  async #beat(): Promise<void> {
    const sentAtMs = this.#now();
    this.#beating = true;
    try {
      const { lease_seconds } = await this.#options.beat(this.#leaseMs / 3).finally(() => {
        this.#beating = false;
      });
      this.#heldSinceMs = sentAtMs;
      this.#leaseMs = lease_seconds * 1_000;
      this.#beatIn(this.#leaseMs / 3);
    } catch (error) {
      if (this.#ended) return;
      if (saysRunIsOver(error)) {
        this.end();
        this.#options.onLost(error);
        return;
      }
      this.#options.onFailed(error instanceof Error ? error : new Error(String(error)));
      const silentMs = this.#now() - this.#heldSinceMs;
      if (silentMs >= this.#leaseMs && !this.#lapsed) {
        this.#lapsed = true;
        this.#options.onLapsed(silentMs);
      }
      this.#beatIn(Math.max(this.#leaseMs / 10, 100));
    }
  }
}

import { hostname, uptime } from 'node:os';
import type { Database } from '@orchestra/database';
import {
  classifyProcess,
  listRunsFromHere,
  reapDeadProcesses,
  reapFormerBoots,
  type Here,
  type OnFailedRow,
} from '@orchestra/task-queue';
import { lookAtProcess, ownProcessIdentity } from '@orchestra/task-queue/process-table';

// A worker's guard gives the command of a worker that died five seconds to end before it kills it, and what the worker
// said last may still be on its way. Only then may the task begin again (P10).
const GONE_FOR_MS = 10_000;

export interface DeadOptions {
  db: Database;
  leaseSeconds: number;
  /** For tests: where this service runs, and for how long a process must have been gone. */
  here?: Here | undefined;
  goneForMs?: number | undefined;
}

export interface TakenFromTheDead {
  processGone: number;
  otherBoot: number;
  nextInMs: number | undefined;
}

/**
 * Takes runs away from workers on this machine that are dead for certain, before their lease ends. It never keeps a
 * run: what it cannot judge, or takes for alive, is the lease's. Elsewhere than on Linux it finds nothing.
 */
export class LookForTheDead {
  readonly #db: Database;
  readonly #here: Here | undefined;
  readonly #goneForMs: number;
  readonly #upForSecondsMin: number;
  /** When a run's process was first seen to be gone. Holds those of the last look only. */
  #goneSinceMs = new Map<string, number>();

  constructor({ db, leaseSeconds, here, goneForMs }: DeadOptions) {
    const identity = ownProcessIdentity();
    this.#db = db;
    this.#here = here ?? (identity === undefined ? undefined : { ...identity, host: hostname() });
    this.#goneForMs = goneForMs ?? GONE_FOR_MS;
    // Workers send a heartbeat at a third of the lease: within half of it every living one on another machine of this
    // name has been heard.
    this.#upForSecondsMin = leaseSeconds / 2;
  }

  /** @param heard whether living workers can have made themselves heard lately */
  async round({
    heard,
    onFailed,
    nowMs = performance.now(),
    upForSeconds = uptime(),
  }: {
    heard: boolean;
    onFailed?: OnFailedRow;
    nowMs?: number;
    upForSeconds?: number;
  }): Promise<TakenFromTheDead> {
    const here = this.#here;
    if (here === undefined) return { processGone: 0, otherBoot: 0, nextInMs: undefined };
    const gone: string[] = [];
    const ofOtherBoots: string[] = [];
    for (const run of await listRunsFromHere(this.#db, here)) {
      const verdict = classifyProcess(run, here, lookAtProcess);
      if (verdict === 'process_gone') gone.push(run.run_id);
      if (verdict === 'other_boot') ofOtherBoots.push(run.run_id);
    }
    this.#goneSinceMs = new Map(gone.map((runId) => [runId, this.#goneSinceMs.get(runId) ?? nowMs]));
    const longGone = gone.filter((runId) => nowMs - (this.#goneSinceMs.get(runId) ?? nowMs) >= this.#goneForMs);
    return {
      processGone: longGone.length === 0 ? 0 : await reapDeadProcesses(this.#db, longGone, onFailed),
      otherBoot:
        ofOtherBoots.length === 0 || !heard || upForSeconds < this.#upForSecondsMin
          ? 0
          : await reapFormerBoots(this.#db, ofOtherBoots, upForSeconds, onFailed),
      nextInMs: gone.length > longGone.length ? this.#goneForMs : undefined,
    };
  }
}

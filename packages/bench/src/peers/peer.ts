import { setTimeout as delay } from 'node:timers/promises';

/** A queue with workers that do nothing but finish their tasks. */
export interface Peer {
  /** Brings the number of tasks that wait up to this. */
  fillTo(count: number): Promise<void>;
  /** Starts a worker with so many tasks at a time; the answer stops it. */
  work(concurrency: number): Promise<() => Promise<void>>;
  /** Tasks that are not finished, as the database has it. */
  unfinished(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerRate {
  tasksPerSecond: number;
  /** Whether there was enough to do all the time. */
  enough: boolean;
}

const WARM_MS = 500;

/** Tasks finished per second, by the database's own count, while the worker was at its usual pace. */
export async function peerRate(peer: Peer, { concurrency, backlog, measureMs }: { concurrency: number; backlog: number; measureMs: number }): Promise<PeerRate> {
  await peer.fillTo(backlog);
  const stop = await peer.work(concurrency);
  try {
    await delay(WARM_MS);
    const before = await peer.unfinished();
    const startedMs = performance.now();
    await delay(measureMs);
    const after = await peer.unfinished();
    const seconds = (performance.now() - startedMs) / 1_000;
    return { tasksPerSecond: (before - after) / seconds, enough: after > concurrency };
  } finally {
    await stop();
  }
}

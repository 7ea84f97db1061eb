import { setTimeout as delay } from 'node:timers/promises';
import { cpuTimeUs } from '../cpu-time.ts';

/** A queue with workers that do nothing but finish their tasks. */
export interface Peer {
  /** Brings the number of tasks that wait up to this. */
  fillTo(count: number): Promise<void>;
  /** Starts a worker with so many tasks at a time; the answer stops it. */
  work(concurrency: number): Promise<() => Promise<void>>;
  /** Tasks that are not finished, as the database has it. */
  unfinished(): Promise<number>;
  /**
   * Whose processor time counts besides that of this process: the database's, and the services' where there are any.
   */
  processes(): Promise<{ server: number | undefined; services: readonly number[] }>;
  close(): Promise<void>;
}

export interface PeerRate {
  tasksPerSecond: number;
  /** Whether there was enough to do all the time. */
  enough: boolean;
  /** Microseconds of processor time for each task; undefined where the system does not tell. */
  cpuUs: CpuUs | undefined;
}

export interface CpuUs {
  server: number;
  services: number;
  worker: number;
}

const WARM_MS = 500;

/** Tasks finished per second, by the database's own count, while the worker was at its usual pace. */
export async function peerRate(
  peer: Peer,
  { concurrency, backlog, measureMs }: { concurrency: number; backlog: number; measureMs: number },
): Promise<PeerRate> {
  await peer.fillTo(backlog);
  const stop = await peer.work(concurrency);
  try {
    await delay(WARM_MS);
    const cpuBefore = await cpuOf(peer);
    const before = await peer.unfinished();
    const startedMs = performance.now();
    await delay(measureMs);
    const after = await peer.unfinished();
    const seconds = (performance.now() - startedMs) / 1_000;
    return {
      tasksPerSecond: (before - after) / seconds,
      enough: after > concurrency,
      cpuUs: difference(cpuBefore, await cpuOf(peer), before - after),
    };
  } finally {
    await stop();
  }
}

async function cpuOf(peer: Peer): Promise<CpuUs | undefined> {
  const { server: pid, services } = await peer.processes();
  const server = pid === undefined ? undefined : await cpuTimeUs(pid, { children: true });
  const times = await Promise.all(services.map((service) => cpuTimeUs(service)));
  const { user, system } = process.cpuUsage();
  return server === undefined
    ? undefined
    : { server, services: times.reduce<number>((sum, time) => sum + (time ?? 0), 0), worker: user + system };
}

function difference(before: CpuUs | undefined, after: CpuUs | undefined, tasks: number): CpuUs | undefined {
  if (before === undefined || after === undefined || tasks <= 0) return undefined;
  return {
    server: (after.server - before.server) / tasks,
    services: (after.services - before.services) / tasks,
    worker: (after.worker - before.worker) / tasks,
  };
}

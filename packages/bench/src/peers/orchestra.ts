import { createToken } from '@orchestra/pause-core';
import { makePool } from '@orchestra/database';
import { createWorker, type WorkerOptions } from '@orchestra-brake/worker';
import { serverPid } from '../cpu-time.ts';
import { loadTasks } from '../load-tasks.ts';
import { startService } from '../service-process.ts';
import type { Peer } from './peer.ts';

const STATEMENT_TIMEOUT_MS = 60_000;
const QUEUE_AGENTS = 20;
// The tasks do nothing: whatever is under way ends at once.
const DRAIN_MS = 5_000;
const ABORT_GRACE_MS = 1_000;

export interface RunningOrchestra {
  url: string;
  pauseUrl: string;
  /** Of the role `worker`. */
  token: string;
  pids: readonly number[];
  stop(): Promise<void>;
}

/** The services as processes of their own, as in production. */
export async function startOrchestra(databaseUrl: string): Promise<RunningOrchestra> {
  const pauseApi = await startService('pause-api', databaseUrl);
  try {
    const claimer = await startService('worker-claimer', databaseUrl);
    const stop = async (): Promise<void> => {
      await claimer.stop();
      await pauseApi.stop();
    };
    const db = makePool({ connectionString: databaseUrl, applicationName: 'bench', max: 1 });
    try {
      return {
        url: claimer.url,
        pauseUrl: pauseApi.url,
        token: await createToken(db, { name: 'bench', role: 'worker', by: 'bench' }),
        pids: [pauseApi.pid, claimer.pid],
        stop,
      };
    } catch (error) {
      await stop();
      throw error;
    } finally {
      await db.end();
    }
  } catch (error) {
    await pauseApi.stop();
    throw error;
  }
}

/** The TypeScript library over the real services. */
export async function orchestraPeer(databaseUrl: string, { prefetch }: { prefetch?: number } = {}): Promise<Peer> {
  const { url, pauseUrl, token, pids, ...services } = await startOrchestra(databaseUrl);
  return peerBy({ url, pauseUrl, token, prefetch }, { databaseUrl, services: pids, stop: () => services.stop() });
}

/** The library on the database itself, without services. */
export async function directPeer(databaseUrl: string): Promise<Peer> {
  return peerBy({ databaseUrl }, { databaseUrl, services: [], stop: async () => {} });
}

function peerBy(
  options: Omit<WorkerOptions, 'handlers'>,
  { databaseUrl, services, stop }: { databaseUrl: string; services: readonly number[]; stop: () => Promise<void> },
): Peer {
  const db = makePool({
    connectionString: databaseUrl,
    applicationName: 'bench',
    max: 2,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const unfinished = async (): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      "select count(*)::int as count from tasks t where t.status in ('queued', 'running')",
    );
    return rows[0]?.count ?? 0;
  };
  return {
    unfinished,
    processes: async () => ({ server: await serverPid(db), services }),
    fillTo: async (count) => {
      const missing = count - (await unfinished());
      if (missing > 0)
        await loadTasks(db, { count: missing, agent: `'agent-' || n % ${QUEUE_AGENTS}`, skill: "'noop'" });
      await db.query('vacuum (analyze) tasks');
    },
    work: async (concurrency) => {
      const worker = createWorker({
        ...options,
        handlers: { '*': async () => {} },
        concurrency,
        abortGraceMs: ABORT_GRACE_MS,
      });
      let failed: Error | undefined;
      worker.on('finish-failed', ({ error }) => {
        failed ??= error;
      });
      worker.on('claim-failed', ({ error }) => {
        failed ??= error;
      });
      await worker.start();
      return async () => {
        await worker.stop({ drainMs: DRAIN_MS });
        // What was measured would not be the library's pace but its patience.
        if (failed !== undefined) throw new Error('what the worker asked for was refused', { cause: failed });
      };
    },
    close: async () => {
      await db.end();
      await stop();
    },
  };
}

import { makePool, workerGrants } from '@orchestra/database';
import { unpauseScope } from '@orchestra/pause-core';
import type { PauseReceipt } from '@orchestra/pause-core/contract';
import { pauseWithReceipt } from '@orchestra/task-queue';
import { PATIENT, testDatabase, type TestDatabase } from '@orchestra/testkit';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { connectQueue, type DirectQueueHandle } from '../../src/direct/index.ts';
import { createWorker, type Worker, type WorkerOptions } from '../../src/index.ts';
import { Heard } from '../heard.ts';

export interface DirectFleet {
  db: TestDatabase;
  /** The address under the role of direct workers. */
  url: string;
  /** The same database under another login with the same rights. */
  otherUrl: string;
  queue: DirectQueueHandle;
  /** A worker without any service, that is stopped after the test at the latest. */
  worker(options: WorkerOptions): { worker: Worker; heard: Heard };
  /** Pauses as the command line does with `--direct`, and waits until it has settled. */
  pause(kind: 'agent' | 'skill', value: string, reason?: string): Promise<PauseReceipt>;
  clear(pauseId: string): Promise<void>;
  statusOf: (id: string) => Promise<string>;
  /** What happened to a task, in order. */
  story(id: string): Promise<string[]>;
}

let roles = 0;

/**
 * A database with the roles of direct workers, and no service anywhere. Read the fields inside tests and hooks only.
 */
export function directFleet({ leaseSeconds = 60 }: { leaseSeconds?: number } = {}): DirectFleet {
  const db = testDatabase();
  const names = [++roles, ++roles].map((n) => `orchestra_test_direct_${process.pid}_${n}`);
  const addresses: string[] = [];
  const workers: Worker[] = [];
  let queue: DirectQueueHandle | undefined;

  beforeAll(async () => {
    for (const name of names) {
      await db.pool.query(`create role ${name} login password 'direct'`);
      for (const grant of workerGrants(name)) await db.pool.query(grant);
      const address = new URL(db.url);
      address.username = name;
      address.password = 'direct';
      addresses.push(address.href);
    }
    await db.pool.query('update queue_settings set lease_seconds = $1', [leaseSeconds]);
    queue = connectQueue({ databaseUrl: addresses[0] ?? '' });
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop({ drainMs: 0 })));
  });
  afterAll(async () => {
    await queue?.close();
    // The role belongs to the server, and outlives the database.
    for (const name of names)
      await db.pool.query(`drop owned by ${name}`).then(() => db.pool.query(`drop role ${name}`));
  });

  return {
    db,
    get url() {
      return addresses[0] ?? '';
    },
    get otherUrl() {
      return addresses[1] ?? '';
    },
    get queue() {
      if (queue === undefined) throw new Error('the queue is there from beforeAll on');
      return queue;
    },
    worker(options) {
      const worker = createWorker({ databaseUrl: addresses[0], abortGraceMs: 1_000, ...options });
      workers.push(worker);
      return { worker, heard: new Heard(worker) };
    },
    pause: (kind, value, reason = 'stop') =>
      pauseWithReceipt(
        db.pool,
        { scope: { kind, value }, reason, ttlSeconds: null, by: 'dana', source: 'person' },
        { settleTimeoutMs: 30_000 },
      ),
    clear: async (id) => {
      await unpauseScope(db.pool, { target: { id }, by: 'dana' });
    },
    statusOf: async (id) => {
      const {
        rows: [row],
      } = await db.pool.query<{ status: string }>('select t.status from tasks t where t.id = $1', [id]);
      return row?.status ?? 'gone';
    },
    story: async (id) => {
      const { rows } = await db.pool.query<{ kind: string }>('select e.kind from events_of_task($1) e order by e.id', [
        id,
      ]);
      return rows.map((row) => row.kind);
    },
  };
}

/** A connection under a direct worker's role, for SQL by hand. */
export function handOf(url: string) {
  return makePool({ connectionString: url, applicationName: 'test hand', max: 2, ...PATIENT });
}

import type { Database } from '@orchestra/database';
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { graphileWorker, pgBoss, type QueueDescription } from '../src/index.ts';

const quiet = new Logger(() => () => {});
export const POLL_MS = 100;

export interface Job { n: string; agent_id?: string; skill?: string; quest_id?: string; actor_id?: string }

/** An engine from npm as it is, with one queue, `lint`, and one job at a time. */
export interface TestEngine {
  queue: QueueDescription;
  /** The table that claims name. */
  table: string;
  install(ownerUrl: string): Promise<void>;
  /** What a team has to grant so that a role of its own may work; nothing of Orchestra in it. */
  grants(role: string): string[];
  add(db: Database, jobs: readonly Job[]): Promise<void>;
  work(url: string, handle: (job: Job) => Promise<void> | void): Promise<() => Promise<void>>;
}

export const graphile: TestEngine = {
  queue: graphileWorker(),
  table: 'graphile_worker._private_jobs',
  install: (connectionString) => runMigrations({ connectionString, logger: quiet }),
  grants: (role) => [
    `grant usage on schema graphile_worker to ${role}`,
    `grant select, insert, update, delete on all tables in schema graphile_worker to ${role}`,
    ...['_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs'].map((table) => `create policy work on graphile_worker.${table} to ${role} using (true) with check (true)`),
  ],
  add: async (db, jobs) => {
    for (const job of jobs) await db.query("select graphile_worker.add_job('lint', $1::json, max_attempts => 5)", [JSON.stringify(job)]);
  },
  work: async (connectionString, handle) => {
    const runner = await run({
      connectionString, concurrency: 1, noHandleSignals: true, logger: quiet, pollInterval: POLL_MS,
      taskList: { lint: (payload) => handle(payload as Job) },
    });
    return () => runner.stop();
  },
};

export const boss: TestEngine = {
  queue: pgBoss(),
  table: 'pgboss.job_common',
  install: async (connectionString) => {
    const made = new PgBoss({ connectionString, supervise: false, schedule: false });
    await made.start();
    await made.createQueue('lint', { retryLimit: 5, retryDelay: 0 });
    await made.stop({ graceful: false });
  },
  grants: (role) => [
    `grant usage on schema pgboss to ${role}`,
    `grant select, insert, update, delete on all tables in schema pgboss to ${role}`,
  ],
  add: async (db, jobs) => {
    for (const job of jobs) await db.query("insert into pgboss.job_common (name, data, policy, retry_limit, retry_delay) values ('lint', $1, 'standard', 5, 0)", [job]);
  },
  work: async (connectionString, handle) => {
    const made = new PgBoss({ connectionString, migrate: false, supervise: false, schedule: false });
    made.on('error', () => {}); // a worker that cannot claim is seen by what it does not start
    await made.start();
    await made.work<Job>('lint', { pollingIntervalSeconds: 0.5, batchSize: 1 }, async ([job]) => { if (job !== undefined) await handle(job.data); });
    return () => made.stop({ graceful: true, timeout: 5_000 });
  },
};

export const addWithKey = async (url: string, payload: Job): Promise<void> => {
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet });
  try {
    await utils.addJob('lint', payload, { jobKey: 'one' });
  } finally {
    await utils.release();
  }
};

import { DBOS } from '@dbos-inc/dbos-sdk';
import type { Database } from '@orchestra/database';
import { Logger, makeWorkerUtils, run, runMigrations } from 'graphile-worker';
import { PgBoss } from 'pg-boss';
import { dbos, graphileWorker, pgBoss, type QueueDescription } from '../src/index.ts';

const quiet = new Logger(() => () => {});
export const POLL_MS = 100;

export interface Job {
  n: string;
  agent_id?: string;
  skill?: string;
  quest_id?: string;
  actor_id?: string;
}

/** An engine from npm as it is, with one queue, `lint`, and one job at a time. */
export interface TestEngine {
  queue: QueueDescription;
  /** The table that claims name. */
  table: string;
  install(ownerUrl: string): Promise<void>;
  /** What a team has to grant so that a role of its own may work; nothing of Orchestra in it. */
  grants(role: string): string[];
  /** SQL: how many jobs wait that nobody has ever claimed. */
  untouched: string;
  /**
   * Of an engine that tries a job again which has failed: SQL that counts those that wait for that, and SQL that ends
   * their wait.
   */
  retries?: { waiting: string; makeDue: string };
  add(db: Database, jobs: readonly Job[]): Promise<void>;
  work(url: string, handle: (job: Job) => Promise<void> | void): Promise<() => Promise<void>>;
}

export const graphile: TestEngine = {
  queue: graphileWorker(),
  table: 'graphile_worker._private_jobs',
  untouched:
    'select count(*)::int as count from graphile_worker._private_jobs j where j.attempts = 0 and j.locked_at is null',
  retries: {
    waiting:
      'select count(*)::int as count from graphile_worker._private_jobs j where j.attempts = 1 and j.locked_at is null',
    makeDue: 'update graphile_worker._private_jobs set run_at = now()',
  },
  install: (connectionString) => runMigrations({ connectionString, logger: quiet }),
  grants: (role) => [
    `grant usage on schema graphile_worker to ${role}`,
    `grant select, insert, update, delete on all tables in schema graphile_worker to ${role}`,
    ...['_private_jobs', '_private_job_queues', '_private_tasks', '_private_known_crontabs'].map(
      (table) => `create policy work on graphile_worker.${table} to ${role} using (true) with check (true)`,
    ),
  ],
  add: async (db, jobs) => {
    for (const job of jobs)
      await db.query("select graphile_worker.add_job('lint', $1::json, max_attempts => 5)", [JSON.stringify(job)]);
  },
  work: async (connectionString, handle) => {
    const runner = await run({
      connectionString,
      concurrency: 1,
      noHandleSignals: true,
      logger: quiet,
      pollInterval: POLL_MS,
      taskList: { lint: (payload) => handle(payload as Job) },
    });
    return () => runner.stop();
  },
};

export const boss: TestEngine = {
  queue: pgBoss(),
  table: 'pgboss.job_common',
  untouched: "select count(*)::int as count from pgboss.job j where j.state = 'created' and j.started_on is null",
  retries: {
    waiting: "select count(*)::int as count from pgboss.job j where j.state = 'retry'",
    makeDue: "update pgboss.job set start_after = now() where state = 'retry'",
  },
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
    for (const job of jobs)
      await db.query(
        `insert into pgboss.job_common (name, data, policy, retry_limit, retry_delay)
           values ('lint', $1, 'standard', 5, 0)`,
        [job],
      );
  },
  work: async (connectionString, handle) => {
    const made = new PgBoss({ connectionString, migrate: false, supervise: false, schedule: false });
    made.on('error', () => {}); // a worker that cannot claim is seen by what it does not start
    await made.start();
    await made.work<Job>('lint', { pollingIntervalSeconds: 0.5, batchSize: 1 }, async ([job]) => {
      if (job !== undefined) await handle(job.data);
    });
    return () => made.stop({ graceful: true, timeout: 5_000 });
  },
};

/** One at a time in all of them, which DBOS judges under REPEATABLE READ, or in each process, which it does not. */
export const dbosLimits: { shared: boolean } = { shared: false };
const app = { name: 'attach', applicationVersion: 'one' };
const silent = { info: () => {}, debug: () => {}, warn: () => {}, error: () => {} };

async function launch(
  systemDatabaseUrl: string,
  handle: (job: Job) => Promise<void> | void,
  runMigrations: boolean,
): Promise<() => Promise<void>> {
  DBOS.setConfig({ ...app, systemDatabaseUrl, runMigrations, logger: silent });
  DBOS.registerWorkflow(
    async (job: Job) => {
      await handle(job);
    },
    { name: 'lint' },
  );
  await DBOS.launch();
  await DBOS.registerQueue('lint', {
    ...(dbosLimits.shared ? { globalConcurrency: 1 } : { workerConcurrency: 1 }),
    minPollingIntervalMs: POLL_MS,
    onConflict: 'always_update',
  });
  return () => DBOS.shutdown({ deregister: true });
}

export const dbosEngine: TestEngine = {
  queue: dbos(),
  table: 'dbos.workflow_status',
  untouched: `select count(*)::int as count
       from dbos.workflow_status w
      where w.status = 'ENQUEUED'
        and w.started_at_epoch_ms is null`,
  install: async (url) => {
    await (
      await launch(url, () => {}, true)
    )();
  },
  grants: (role) => [
    `grant usage on schema dbos to ${role}`,
    `grant select, insert, update, delete on all tables in schema dbos to ${role}`,
    `grant usage, select on all sequences in schema dbos to ${role}`,
  ],
  add: async (db, jobs) => {
    for (const job of jobs) {
      const { n: _, ...attributes } = job;
      // They are ordered by the millisecond at which they came.
      await db.query(
        `insert into dbos.workflow_status (workflow_uuid, status, name, class_name, config_name, queue_name, inputs,
                                           attributes, application_name, application_version, created_at, updated_at)
         select gen_random_uuid()::text, 'ENQUEUED', 'lint', '', null, 'lint', $1, $2, 'attach', null, t.ms, t.ms
           from (select coalesce(max(w.created_at), 0) + 1 as ms from dbos.workflow_status w) t`,
        [JSON.stringify({ json: [job], __dbos_serializer: 'superjson' }), attributes],
      );
    }
  },
  work: (url, handle) => launch(url, handle, false),
};

export const addWithKey = async (url: string, payload: Job): Promise<void> => {
  const utils = await makeWorkerUtils({ connectionString: url, logger: quiet });
  try {
    await utils.addJob('lint', payload, { jobKey: 'one' });
  } finally {
    await utils.release();
  }
};

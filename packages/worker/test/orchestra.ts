import { createClient, type Client } from '@orchestra-brake/client';
import { startService as startPauseApi } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { FaultProxy, testDatabase, type TestDatabase } from '@orchestra/testkit';
import { startService as startClaimer } from '@orchestra/worker-claimer';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { createWorker, type Worker, type WorkerOptions } from '../src/index.ts';
import { Heard } from './heard.ts';

export interface Orchestra {
  db: TestDatabase;
  /** Straight to the services, with every right. */
  admin: Client;
  workerToken: string;
  /** With that token: whose calls a worker’s runs belong to. */
  fleet: Client;
  /** What workers reach the services by, so that a test can come between. */
  toClaimer: FaultProxy;
  toPauseApi: FaultProxy;
  /** A worker that is stopped after the test at the latest. */
  worker(options: WorkerOptions): { worker: Worker; heard: Heard };
  /** What happened to a task, in order. */
  story(taskId: string): Promise<string[]>;
}

/** The real services on a database of this file's own. Read the fields inside tests and hooks only. */
export function startOrchestra({
  leaseSeconds = 60,
  goneForMs = 10_000,
}: { leaseSeconds?: number; goneForMs?: number } = {}): Orchestra {
  const db = testDatabase();
  const started = {} as Pick<Orchestra, 'admin' | 'workerToken' | 'fleet' | 'toClaimer' | 'toPauseApi'>;
  const closing: (() => Promise<unknown>)[] = [];
  const workers: Worker[] = [];

  beforeAll(async () => {
    const common = {
      databaseUrl: db.url,
      listenDatabaseUrl: db.url,
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent' as const,
    };
    const pauseApi = await startPauseApi(common);
    const claimer = await startClaimer({ ...common, leaseSeconds, goneForMs, reapEveryMs: 100, waitersMax: 100 });
    closing.push(
      () => pauseApi.stop(),
      () => claimer.stop(),
    );
    started.toPauseApi = await FaultProxy.before(pauseApi.url);
    started.toClaimer = await FaultProxy.before(claimer.url);
    closing.unshift(
      () => started.toPauseApi.close(),
      () => started.toClaimer.close(),
    );
    const adminToken = await createToken(db.pool, { name: 'dana', role: 'admin', by: 'test' });
    started.workerToken = await createToken(db.pool, { name: 'fleet', role: 'worker', by: 'test' });
    started.fleet = createClient({ url: pauseApi.url, tasksUrl: claimer.url, token: started.workerToken });
    started.admin = createClient({ url: pauseApi.url, tasksUrl: claimer.url, token: adminToken });
  });
  afterEach(async () => {
    for (const proxy of [started.toClaimer, started.toPauseApi]) proxy.pass();
    await Promise.all(workers.splice(0).map((worker) => worker.stop({ drainMs: 0 })));
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  return {
    db,
    get admin() {
      return started.admin;
    },
    get fleet() {
      return started.fleet;
    },
    get workerToken() {
      return started.workerToken;
    },
    get toClaimer() {
      return started.toClaimer;
    },
    get toPauseApi() {
      return started.toPauseApi;
    },
    worker(options) {
      const worker = createWorker({
        url: started.toClaimer.url,
        pauseUrl: started.toPauseApi.url,
        token: started.workerToken,
        abortGraceMs: 1_000,
        ...options,
      });
      workers.push(worker);
      return { worker, heard: new Heard(worker) };
    },
    story: async (taskId) => (await started.admin.taskEvents(taskId)).events.map((event) => event.kind),
  };
}

let named = 0;

/** A label that no other test uses. */
export function fresh(what: string): string {
  return `${what}-${++named}`;
}

/** A promise that the test itself settles, for handlers that have to be in the middle of their work. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

import { createClient, type Client } from '@orchestra-brake/client';
import { startService as startPauseApi } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import { testDatabase } from '@orchestra/testkit';
import { startService as startClaimer } from '@orchestra/worker-claimer';
import { afterAll, beforeAll } from 'vitest';

export interface Orchestra {
  client: Client;
  /** For processes that find the services by their environment. */
  env: NodeJS.ProcessEnv;
}

/** The real services on a database of this file's own. Read the fields inside tests only. */
export function startOrchestra({ leaseSeconds }: { leaseSeconds: number }): Orchestra {
  const db = testDatabase();
  const closing: (() => Promise<unknown>)[] = [];
  let started: Orchestra | undefined;
  beforeAll(async () => {
    const common = {
      databaseUrl: db.url,
      listenDatabaseUrl: db.url,
      host: '127.0.0.1',
      port: 0,
      logLevel: 'silent' as const,
    };
    const pauseApi = await startPauseApi(common);
    closing.push(() => pauseApi.stop());
    const claimer = await startClaimer({ ...common, leaseSeconds, reapEveryMs: 100, waitersMax: 100 });
    closing.push(() => claimer.stop());
    const token = await createToken(db.pool, { name: 'dana', role: 'admin', by: 'test' });
    started = {
      client: createClient({ url: pauseApi.url, tasksUrl: claimer.url, token }),
      env: { ...process.env, ORCHESTRA_URL: pauseApi.url, ORCHESTRA_TASKS_URL: claimer.url, ORCHESTRA_TOKEN: token },
    };
  });
  afterAll(async () => {
    for (const close of closing.toReversed()) await close();
  });
  const ready = (): Orchestra => {
    if (started === undefined) throw new Error('the services are there from beforeAll on');
    return started;
  };
  return {
    get client() {
      return ready().client;
    },
    get env() {
      return ready().env;
    },
  };
}

import { createClient, type Client } from '@orchestra-brake/client';
import { startService } from '@orchestra/pause-api';
import { createToken } from '@orchestra/pause-core';
import type { RunningService } from '@orchestra/service-shell';
import { FaultProxy, testDatabase, type TestDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll } from 'vitest';

/** pause-api with a database that can go away, for one test file. Read the fields inside tests and hooks only. */
export interface Braked {
  database: TestDatabase;
  /** Between the service and its database. */
  proxy: FaultProxy;
  url: string;
  /** Of the role `agent`. */
  token: string;
  operator: Client;
  /** A token of a role, under a name of its own. */
  newToken: (role: 'agent' | 'operator' | 'worker' | 'viewer') => Promise<string>;
  /** Starts one more on the same database. */
  another: () => Promise<RunningService>;
}

export function braked(): Braked {
  const database = testDatabase();
  let started: Omit<Braked, 'database'> | undefined;
  const services: RunningService[] = [];
  let made = 0;

  beforeAll(async () => {
    const proxy = await FaultProxy.before(database.url);
    const another = async (): Promise<RunningService> => {
      const service = await startService({
        databaseUrl: proxy.url,
        listenDatabaseUrl: proxy.url,
        host: '127.0.0.1',
        port: 0,
        logLevel: 'silent',
      });
      services.push(service);
      return service;
    };
    const newToken: Braked['newToken'] = (role) =>
      createToken(database.pool, { name: `${role}-${++made}`, role, by: 'test' });
    const { url } = await another();
    started = {
      proxy,
      another,
      newToken,
      url,
      token: await newToken('agent'),
      operator: createClient({ url, tasksUrl: url, token: await newToken('operator') }),
    };
  });
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await started?.proxy.close();
  });

  const there = () => {
    if (started === undefined) throw new Error('it is there from beforeAll on');
    return started;
  };
  return {
    database,
    get proxy() {
      return there().proxy;
    },
    get url() {
      return there().url;
    },
    get token() {
      return there().token;
    },
    get operator() {
      return there().operator;
    },
    get newToken() {
      return there().newToken;
    },
    get another() {
      return there().another;
    },
  };
}

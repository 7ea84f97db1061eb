import { makePool, type Database } from '@orchestra/database';
import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';
import { withDatabase } from './global-setup.ts';
import { PATIENT } from './patient.ts';

export interface TestDatabase {
  url: string;
  pool: Database;
}

let made = 0;

/**
 * A migrated database for one test file, made before its first test and dropped after its last. Read the fields inside
 * tests and hooks only.
 *
 * @param options.empty without any migration
 */
export function testDatabase(options: { empty?: boolean } = {}): TestDatabase {
  const name = `${inject('templateDatabase')}_${process.pid}_${++made}_${Date.now().toString(36)}`;
  const serverUrl = inject('serverUrl');
  let pool: Database | undefined;
  beforeAll(async () => {
    await onServer(
      serverUrl,
      `create database ${name} template ${options.empty ? 'template0' : inject('templateDatabase')}`,
    );
    pool = makePool({
      connectionString: withDatabase(serverUrl, name),
      applicationName: 'test',
      ...PATIENT,
      // A test holds a transaction open until something else has happened, which takes long on a busy machine.
      settings: { idle_in_transaction_session_timeout: '0' },
    });
  });
  afterAll(async () => {
    await pool?.end();
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  });
  return {
    url: withDatabase(serverUrl, name),
    get pool() {
      if (pool === undefined) throw new Error('the test database is there from beforeAll on');
      return pool;
    },
  };
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

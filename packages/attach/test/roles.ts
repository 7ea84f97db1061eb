import pg from 'pg';
import { afterAll, beforeAll, inject } from 'vitest';

const PASSWORD = 'only-for-this-test';
let made = 0;

/**
 * Roles of a test file: they belong to the server, so they have names of their own and go after the file's database.
 * Call it before `testDatabase`.
 */
export function testRoles(...kinds: readonly string[]): {
  name: (kind: string) => string;
  urlAs: (kind: string, databaseUrl: string) => string;
} {
  const prefix = `attach_${process.pid}_${++made}_${Date.now().toString(36)}`;
  const name = (kind: string): string => `${prefix}_${kind}`;
  const onServer = async (statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: inject('serverUrl') });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  beforeAll(() => onServer(kinds.map((kind) => `create role ${name(kind)} login password '${PASSWORD}'`)));
  afterAll(() => onServer(kinds.map((kind) => `drop role if exists ${name(kind)}`)));
  return {
    name,
    urlAs: (kind, databaseUrl) => {
      const url = new URL(databaseUrl);
      url.username = name(kind);
      url.password = PASSWORD;
      return url.href;
    },
  };
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '@orchestra/database';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startTestServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connection string of the suite's server. */
    serverUrl: string;
    /** A migrated database that every test database is copied from. */
    templateDatabase: string;
    /** An empty folder outside this repository, for `installedPackages`. */
    installFolder: string;
    /** The major version of the suite's server, and of the servers that `startOwnServer` starts. */
    postgresMajor: number;
  }
}

/** Starts the suite's server once, migrates one template database, and drops what is left at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer();
  const template = `orchestra_template_${process.pid}`;
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  await admin.query(`create database ${template}`);
  await migrate(withDatabase(server.url, template));
  project.provide('serverUrl', server.url);
  project.provide('templateDatabase', template);
  const installFolder = await mkdtemp(join(tmpdir(), 'orchestra-installed-'));
  project.provide('installFolder', installFolder);
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  project.provide('postgresMajor', Number.parseInt(rows[0]?.server_version ?? '', 10));
  console.log(`PostgreSQL ${rows[0]?.server_version} from ${server.kind}`);
  return async () => {
    const left = await admin.query<{ datname: string }>('select datname from pg_database where datname like $1', [
      `${template}%`,
    ]);
    for (const { datname } of left.rows) await admin.query(`drop database ${datname} with (force)`);
    await admin.end();
    await server.stop();
    await rm(installFolder, { recursive: true, force: true });
  };
}

/** The same connection string with another database in it. */
export function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

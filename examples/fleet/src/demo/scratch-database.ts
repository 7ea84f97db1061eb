import { makePool } from '@orchestra/database';

export interface ScratchDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of the demo's own on the server that `serverUrl` names; what is in the named database stays untouched. */
export async function createScratchDatabase(serverUrl: string): Promise<ScratchDatabase> {
  const name = `orchestra_demo_${process.pid}_${Date.now().toString(36)}`;
  await onServer(serverUrl, `create database ${name}`);
  return {
    url: sameServer(serverUrl, name),
    drop: () => onServer(serverUrl, `drop database if exists ${name} with (force)`),
  };
}

/** The same connection string with the database of `like` in it. */
export function withDatabaseOf(like: string, url: string): string {
  return sameServer(url, new URL(like).pathname.slice(1));
}

function sameServer(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function onServer(url: string, statement: string): Promise<void> {
  const server = makePool({ connectionString: url, applicationName: 'orchestra demo', max: 1 });
  try {
    await server.query(statement);
  } finally {
    await server.end();
  }
}

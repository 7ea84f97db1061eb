import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient, type Client } from '@orchestra-brake/client';
import { testDatabase, type TestDatabase } from '@orchestra/testkit';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import { Going, orchestra, temporaryFolder, up, type Ended, type Ready, type RunOptions } from './orchestra.ts';

export interface TestOrchestraOptions {
  /** More for the environment of the services. */
  env?: Record<string, string>;
  /** An admin's, made for the client; unless given it works as the command line does, as `admin`. */
  clientName?: string;
}

/** What is there once everything has started. */
interface Started {
  ready: Ready;
  /** The client's. */
  token: string;
  /** For what is not what a test is about: each command line is a process. */
  client: Client;
}

/** All of Orchestra for one test file. Read the fields inside tests and hooks only. */
export interface TestOrchestra extends Started {
  database: TestDatabase;
  /** Of `orchestra up`. */
  pid: number;
  /** The home of `up` is in it, and there is room for a test's own files. */
  folder: string;
  /** What a command needs in its environment to find the services. */
  env: { ORCHESTRA_HOME: string };
  run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** What a command answers under `--json`; it has to succeed, and to say nothing beside. */
  json: (args: readonly string[], options?: RunOptions) => Promise<unknown>;
  /** A command that goes on until the test is over, unless it ends before. */
  start: (args: readonly string[], options?: RunOptions) => Going;
  /** Ends all pauses, opens all gates and takes all tasks away. */
  empty: () => Promise<void>;
}

/**
 * `orchestra up` on a database of its own: started before the first test of a file, and gone after its last. The file's
 *   tests and hooks may take three minutes each: each command line is a process, and other tests use the machine too.
 */
export function testOrchestra({ env: more = {}, clientName }: TestOrchestraOptions = {}): TestOrchestra {
  vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
  const database = testDatabase();
  let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined;
  let going: Going | undefined;
  let started: Started | undefined;

  const env = () => ({ ORCHESTRA_HOME: join(there(folder).path, '.orchestra') });
  const run: TestOrchestra['run'] = (args, options = {}) =>
    orchestra(args, { ...options, env: { ...env(), ...options.env } });

  beforeAll(async () => {
    folder = await temporaryFolder();
    const running = await up(env().ORCHESTRA_HOME, { DATABASE_URL: database.url, ...more });
    going = running.going;
    const { ready } = running;
    const token =
      clientName === undefined
        ? await readFile(ready.token_file, 'utf8')
        : (await run(['token', 'create', clientName, '--role', 'admin'])).stdout;
    started = {
      ready,
      token: token.trim(),
      client: createClient({ url: ready.pause_api, tasksUrl: ready.worker_claimer, token: token.trim() }),
    };
  });
  afterAll(async () => {
    await going?.clear();
    await folder?.remove();
  });

  return {
    database,
    get folder() {
      return there(folder).path;
    },
    get env() {
      return env();
    },
    get pid() {
      return there(going).pid;
    },
    get ready() {
      return there(started).ready;
    },
    get token() {
      return there(started).token;
    },
    get client() {
      return there(started).client;
    },
    run,
    json: async (args, options) => {
      const ended = await run([...args, '--json'], options);
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return JSON.parse(ended.stdout);
    },
    start: (args, options = {}) => {
      const command = new Going(args, { ...options, env: { ...env(), ...options.env } });
      onTestFinished(() => command.clear());
      return command;
    },
    empty: async () => {
      await database.pool.query(
        "update senate_pause set cleared_at = clock_timestamp(), cleared_by = 'test' where cleared_at is null",
      );
      await database.pool.query('truncate tasks, task_event_rows, event_batches restart identity');
      await database.pool.query(
        'update repo_gates set frozen_at = null, frozen_by = null, freeze_reason = null, max_in_progress = 1',
      );
    },
  };
}

function there<T>(it: T | undefined): T {
  if (it === undefined) throw new Error('Orchestra is there from beforeAll on');
  return it;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@orchestra-brake/client';
import { makePool, migrate, type Database } from '@orchestra/database';
import { createToken } from '@orchestra/pause-core';
import { FaultProxy, serviceProgram, startPooler, type ServiceName } from '@orchestra/testkit';
import { attachQueue } from './attached-queue.ts';
import { CrashingPostgres } from './crashing-postgres.ts';
import { FaultyProcess } from './faulty-process.ts';
import { quietPort } from './quiet-port.ts';
import { SmallDisk } from './small-disk.ts';
import { makePlainRole, makeWorkerRole, setDatabase, type Surroundings } from './surroundings.ts';

/** A way from one process to another that can be cut. */
export interface Link {
  /** For reports, for example `worker-claimer-1 > bells`. */
  name: string;
  /** What goes over it. */
  kind: 'database' | 'bells' | 'calls';
  proxy: FaultProxy;
}

/** Everything that a run needs, each part by itself and each way between two of them open to faults. */
export interface Fleet {
  postgres: CrashingPostgres;
  /** Straight to the database, past every fault but a crash: for witnesses only. */
  witness: Database;
  services: readonly FaultyProcess[];
  workers: readonly FaultyProcess[];
  links: readonly Link[];
  /** What the workload calls with, over links of its own. */
  client: Client;
  /** Where every process appends its part of the history. */
  historyFolder: string;
  leaseSeconds: number;
  /** What the services connect as, straight to the server, as often as they like. */
  servicesUrl: string;
  /** Holds the database's own files, where the surroundings are to have one and this machine can. */
  disk: SmallDisk | undefined;
  /** In words: what of the surroundings this machine could not give. */
  leftOut: readonly string[];
  /** Ends every process that was started and removes what it left. */
  close(): Promise<void>;
}

export interface FleetOptions {
  leaseSeconds: number;
  claimers?: number;
  cascades?: number;
  workers?: number;
  /** Workers that reach the database themselves; one unless given, none where there are no workers. */
  directWorkers?: number;
  /** Processes with workers of an attached engine, pg-boss; one unless given, none where there are no workers. */
  attachedWorkers?: number;
  postgresSettings?: Record<string, string | number> | undefined;
  surroundings?: Surroundings | undefined;
  /**
   * Called with the migrated database before anything uses it, to break a rule of it. Answers how to end what that
   * started.
   */
  breakRule?: ((parts: RuleBreakerParts) => Promise<() => Promise<unknown>>) | undefined;
}

export interface RuleBreakerParts {
  database: Database;
  /** A way to the database that faults can hit. */
  link: (name: string, kind: Link['kind']) => Promise<string>;
}

const CLAIMERS = 2;
const CASCADES = 2;
const WORKERS = 3;
const DIRECT_WORKERS = 1;
const ATTACHED_WORKERS = 1;
const WORKER_MAIN = fileURLToPath(new URL('worker-process.ts', import.meta.url));
const ATTACHED_WORKER_MAIN = fileURLToPath(new URL('attached-worker-process.ts', import.meta.url));
const WITNESS_CONNECTIONS = 4;
// Sessions of the server that all its callers share, and callers.
const POOLER = { default_pool_size: 10, max_client_conn: 400 };

/** Starts PostgreSQL, the services and the workers, and waits until every one is ready. Takes several seconds. */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of closing.splice(0).toReversed()) await one();
  };
  try {
    return await build(options, closing, close);
  } catch (error) {
    await close();
    throw error;
  }
}

async function build(
  options: FleetOptions,
  closing: (() => Promise<unknown>)[],
  close: () => Promise<void>,
): Promise<Fleet> {
  const { surroundings = {} } = options;
  const leftOut: string[] = [];
  const historyFolder = await mkdtemp(join(tmpdir(), 'orchestra-history-'));
  closing.push(() => rm(historyFolder, { recursive: true, force: true }));
  const mounted = surroundings.diskMib === undefined ? undefined : await SmallDisk.mount(surroundings.diskMib);
  const disk = typeof mounted === 'string' ? undefined : mounted;
  if (typeof mounted === 'string') leftOut.push(`a full disk: ${mounted}`);
  if (disk !== undefined) closing.push(() => disk.unmount());
  const postgres = await CrashingPostgres.start({ ...surroundings.postgresSettings, ...options.postgresSettings });
  closing.push(() => postgres.remove());
  if (disk !== undefined)
    await onMaintenance(postgres.url, (admin, database) => disk.take(admin, database, postgres.dataFolder));
  if (surroundings.databaseSettings !== undefined)
    await onMaintenance(postgres.url, (admin, database) =>
      setDatabase(admin, database, surroundings.databaseSettings ?? {}),
    );
  await migrate(postgres.url);
  const witness = makePool({
    connectionString: postgres.url,
    applicationName: 'the witness',
    max: WITNESS_CONNECTIONS,
  });
  closing.push(() => witness.end());
  const servicesUrl = surroundings.plainRole === true ? await makePlainRole(witness, postgres.url) : postgres.url;
  const pooler = surroundings.pooler === true ? await startPooler(servicesUrl, POOLER) : undefined;
  if (pooler !== undefined) closing.push(() => pooler.stop());
  const workload = await createToken(witness, { name: 'chaos', role: 'admin', by: 'chaos' });
  const workerToken = await createToken(witness, { name: 'fleet', role: 'worker', by: 'chaos' });

  const links: Link[] = [];
  const link = async (name: string, kind: Link['kind'], target: string): Promise<string> => {
    const proxy = await FaultProxy.before(target);
    closing.push(() => proxy.close());
    links.push({ name, kind, proxy });
    return proxy.url.replace(/\/$/, '');
  };

  const attached = options.attachedWorkers ?? (options.workers === 0 ? 0 : ATTACHED_WORKERS);
  const boundUrl = attached === 0 ? '' : await attachQueue(witness, postgres.url);
  if (options.breakRule !== undefined)
    closing.push(await options.breakRule({ database: witness, link: (name, kind) => link(name, kind, postgres.url) }));

  async function service(
    name: string,
    program: ServiceName,
    portSetting: string,
    databaseUrl: string,
    env: Record<string, string> = {},
  ): Promise<{ url: string; process: FaultyProcess }> {
    const port = await quietPort();
    const process = new FaultyProcess({
      name,
      main: serviceProgram(program),
      env: {
        DATABASE_URL: await link(`${name} > database`, 'database', databaseUrl),
        LISTEN_DATABASE_URL: await link(`${name} > bells`, 'bells', servicesUrl),
        [portSetting]: String(port),
        LOG_LEVEL: 'error',
        ...env,
      },
    });
    closing.push(() => process.kill());
    return { url: `http://127.0.0.1:${port}`, process };
  }

  const pooledUrl = pooler?.url ?? servicesUrl;
  const pauseApi = await service('pause-api', 'pause-api', 'PAUSE_API_PORT', pooledUrl);
  const claimers = await Promise.all(
    numbered(options.claimers ?? CLAIMERS, (n) =>
      service(`worker-claimer-${n}`, 'worker-claimer', 'WORKER_CLAIMER_PORT', n === 1 ? servicesUrl : pooledUrl, {
        ORCHESTRA_LEASE_SECONDS: String(options.leaseSeconds),
        ORCHESTRA_REAPER_SECONDS: '1',
      }),
    ),
  );
  const cascades = await Promise.all(
    numbered(options.cascades ?? CASCADES, (n) =>
      service(`alert-cascade-${n}`, 'alert-cascade', 'ALERT_CASCADE_PORT', pooledUrl, {
        // Kills and freezes are what this is made of; an actor is not to be paused for them as well.
        ORCHESTRA_RUNAWAY_RUNS: '100000',
      }),
    ),
  );
  const services = [pauseApi, ...claimers, ...cascades].map((one) => one.process);

  function worker(name: string, main: string, env: Record<string, string>): FaultyProcess {
    const process = new FaultyProcess({
      name,
      main,
      env: { ...env, CHAOS_NAME: name, CHAOS_HISTORY: join(historyFolder, `${name}.jsonl`) },
    });
    closing.push(() => process.kill());
    return process;
  }

  const httpWorkers = await Promise.all(
    numbered(options.workers ?? WORKERS, async (n) => {
      const name = `worker-${n}`;
      const claimer = claimers[n % claimers.length] ?? pauseApi;
      return worker(name, WORKER_MAIN, {
        ORCHESTRA_URL: await link(`${name} > pause-api`, 'calls', pauseApi.url),
        ORCHESTRA_TASKS_URL: await link(`${name} > worker-claimer`, 'calls', claimer.url),
        ORCHESTRA_TOKEN: workerToken,
      });
    }),
  );

  const direct = options.directWorkers ?? (options.workers === 0 ? 0 : DIRECT_WORKERS);
  const directUrl = direct === 0 ? '' : await makeWorkerRole(witness, postgres.url);
  const directWorkers = await Promise.all(
    numbered(direct, async (n) => {
      const name = `direct-worker-${n}`;
      return worker(name, WORKER_MAIN, {
        CHAOS_DATABASE_URL: await link(`${name} > database`, 'database', directUrl),
      });
    }),
  );
  const attachedWorkers = await Promise.all(
    numbered(attached, async (n) => {
      const name = `attached-worker-${n}`;
      return worker(name, ATTACHED_WORKER_MAIN, {
        CHAOS_BOUND_URL: await link(`${name} > database`, 'database', boundUrl),
        CHAOS_UNBOUND_URL: await link(`${name}, superuser > database`, 'database', postgres.url),
      });
    }),
  );
  const workers = [...httpWorkers, ...directWorkers, ...attachedWorkers];

  const client = createClient({
    url: await link('workload > pause-api', 'calls', pauseApi.url),
    tasksUrl: await link('workload > worker-claimer', 'calls', claimers[0]?.url ?? pauseApi.url),
    token: workload,
  });
  await Promise.all(services.map((one) => one.start()));
  await Promise.all(workers.map((one) => one.start()));
  return {
    postgres,
    witness,
    services,
    workers,
    links,
    client,
    historyFolder,
    leaseSeconds: options.leaseSeconds,
    servicesUrl,
    disk,
    leftOut,
    close,
  };
}

/** For what cannot be done from inside of a database. */
async function onMaintenance(url: string, act: (admin: Database, database: string) => Promise<void>): Promise<void> {
  const elsewhere = new URL(url);
  const database = elsewhere.pathname.slice(1);
  elsewhere.pathname = '/postgres';
  const admin = makePool({ connectionString: elsewhere.href, applicationName: 'chaos', max: 1 });
  await act(admin, database).finally(() => admin.end());
}

function numbered<T>(count: number, make: (n: number) => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, (_, index) => make(index + 1));
}

import { setTimeout as delay } from 'node:timers/promises';
import { makePool, type Database } from '@orchestra/database';
import { createDatabaseReplica, unpauseScope, type PauseReplica } from '@orchestra/pause-core';
import pg from 'pg';
import { figure, median, percentile, ratios } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { agent } from '../paused-while.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'bell';
const EARS = [1, 10, 50] as const;
const SCOPE = agent('rung');
const CHANNEL = 'bench_raw';
// A replica reads at most twenty times a second, so that a flood of bells costs little: a bell right after another one
// waits for that. The pauses that are measured come one at a time.
const REST_MS = 80;
// Far beyond what a lost bell costs; then the measure has failed.
const HEARD_MS = 10_000;

/** So many of one kind, and how to wait until all of them have heard. */
interface Listeners {
  allHeard: () => Promise<number>;
  close: () => Promise<void>;
}

/**
 * Both times begin when the commit is sent, and end when the last one has heard: the raw listeners the notification
 * itself, the replicas when they hold the pause, which the bell names. A NOTIFY alone would write nothing to the disk;
 * a pause has to be there after a crash, so the raw one too comes with one row. All of them live in one process.
 */
export const bell: Measure = {
  name: NAME,
  title: 'commit of a pause until each replica has it, over raw NOTIFY to as many raw listeners',
  steps: ({ rounds }) => EARS.length * (rounds + 1),
  run: async ({ server, rounds, quick, step }) => {
    const url = await server.makeDatabase(NAME);
    const db = makePool({ connectionString: url, applicationName: 'bench', max: 2 });
    const findings: Finding[] = [];
    try {
      await db.query('create table bare (n int)');
      for (const ears of EARS) {
        const raw = await rawListeners(url, ears);
        const replicas = await startReplicas(url, ears);
        try {
          const measured = { raw: [] as number[][], replicas: [] as number[][] };
          for (let round = -1; round < rounds; round++) {
            step(roundName(NAME, counted(ears, 'replica'), round));
            const taken = await measureRound(db, raw, replicas, quick ? 20 : 40);
            if (round >= 0) {
              measured.raw.push(taken.raw);
              measured.replicas.push(taken.replicas);
            }
          }
          for (const percent of [50, 99]) {
            const of = (kind: 'raw' | 'replicas'): number[] =>
              measured[kind].map((samples) => percentile(samples, percent));
            const each = ratios(of('replicas'), of('raw'));
            findings.push({
              measure: NAME,
              what: `${counted(ears, 'replica')}, p${percent}`,
              target: { atMost: 1.2 },
              reached: median(each),
              rounds: each,
              detail: `${figure(median(of('replicas')))} over ${figure(median(of('raw')))} ms`,
            });
          }
        } finally {
          await replicas.close();
          await raw.close();
        }
      }
      return { findings };
    } finally {
      await db.end();
      await server.dropDatabase(url);
    }
  },
};

async function measureRound(
  db: Database,
  raw: Listeners,
  replicas: Listeners & { allClear: () => Promise<unknown> },
  samples: number,
): Promise<{ raw: number[]; replicas: number[] }> {
  const taken = { raw: [] as number[], replicas: [] as number[] };
  for (let sample = 0; sample < samples; sample++) {
    taken.raw.push(
      await fromCommit(db, `with row as (insert into bare (n) values (1)) select pg_notify('${CHANNEL}', '')`, raw),
    );
    taken.replicas.push(
      await fromCommit(
        db,
        `insert into senate_pause (scope_kind, scope_value) values ('${SCOPE.kind}', '${SCOPE.value}')`,
        replicas,
      ),
    );
    const clear = replicas.allClear();
    await unpauseScope(db, { target: SCOPE, by: 'bench' });
    await clear;
    await delay(REST_MS);
  }
  return taken;
}

async function fromCommit(db: Database, statement: string, listeners: Listeners): Promise<number> {
  const tx = await db.connect();
  try {
    await tx.query('begin');
    await tx.query(statement);
    const heard = listeners.allHeard();
    const sentMs = performance.now();
    const committed = tx.query('commit');
    const [heardMs] = await Promise.all([heard, committed]);
    return heardMs - sentMs;
  } finally {
    tx.release();
  }
}

async function rawListeners(url: string, count: number): Promise<Listeners> {
  const clients = Array.from(
    { length: count },
    () => new pg.Client({ connectionString: url, application_name: 'bench raw listener' }),
  );
  for (const client of clients) {
    client.on('error', () => {}); // whoever waits for it gives up by the clock
    await client.connect();
    await client.query(`listen ${CHANNEL}`);
  }
  return {
    allHeard: () =>
      last(
        clients.map((client) => (heard) => {
          client.once('notification', heard);
        }),
      ),
    close: async () => {
      for (const client of clients) await client.end();
    },
  };
}

/** Each with connections of its own, as in as many processes. */
async function startReplicas(url: string, count: number): Promise<Listeners & { allClear: () => Promise<unknown> }> {
  const started = Array.from({ length: count }, (_, index) => {
    const pool = makePool({ connectionString: url, applicationName: `bench replica ${index}`, max: 1 });
    return {
      pool,
      replica: createDatabaseReplica({
        pool,
        listenConnectionString: url,
        applicationName: `bench replica ${index} bells`,
      }),
    };
  });
  await Promise.all(started.map(({ replica }) => replica.start()));
  const once = (wanted: boolean) => () =>
    last(
      started.map(
        ({ replica }) =>
          (heard) =>
            onceHeld(replica, wanted, heard),
      ),
    );
  return {
    allHeard: once(true),
    allClear: once(false),
    close: async () => {
      await Promise.all(
        started.map(async ({ pool, replica }) => {
          await replica.stop();
          await pool.end();
        }),
      );
    },
  };
}

function onceHeld(replica: PauseReplica, wanted: boolean, heard: () => void): void {
  const look = (): void => {
    if (replica.isPaused({ agentId: SCOPE.value }).paused !== wanted) return;
    for (const event of ['changed', 'named'] as const) replica.off(event, look);
    heard();
  };
  for (const event of ['changed', 'named'] as const) replica.on(event, look);
}

/** When the last of them had heard, by `performance.now()`. */
async function last(listen: readonly ((heard: () => void) => void)[]): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not all of ${listen.length} had heard after ${HEARD_MS} ms`)), HEARD_MS);
  });
  try {
    await Promise.race([
      Promise.all(
        listen.map(
          (one) =>
            new Promise<void>((heard) => {
              one(heard);
            }),
        ),
      ),
      late,
    ]);
    return performance.now();
  } finally {
    clearTimeout(timer);
  }
}

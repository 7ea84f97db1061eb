import { setTimeout as delay } from 'node:timers/promises';
import { createWorker, type Worker } from '@orchestra-brake/worker';
import pg from 'pg';
import { figure } from '../figures.ts';
import type { Finding, Measure } from '../measure.ts';
import { startOrchestra } from '../peers/orchestra.ts';

const NAME = 'idle';
const WORKERS = 24;
// Until all workers wait at the service, and what a start brings with it is over.
const SETTLE_MS = 8_000;
const NAMED = 5;
const STATEMENT_SHOWN = 70;

/**
 * Twenty-four workers with nothing to do, and the two services they speak to. What reaches the database is counted by
 * the server itself, in its log; where the server is somebody else's, its transactions are counted instead.
 */
export const idle: Measure = {
  name: NAME,
  title: 'statements per second on the database with 24 idle workers',
  steps: () => 2,
  run: async ({ server, quick, step }) => {
    const watchMs = quick ? 15_000 : 60_000;
    const url = await server.makeDatabase(NAME);
    if (server.own) await logStatements(url);
    const orchestra = await startOrchestra(url);
    const workers: Worker[] = [];
    try {
      step(`${NAME}: starting ${WORKERS} workers`);
      for (let index = 0; index < WORKERS; index++) {
        const worker = createWorker({
          url: orchestra.url,
          pauseUrl: orchestra.pauseUrl,
          token: orchestra.token,
          handlers: { '*': async () => {} },
          name: `idle-${index}`,
        });
        workers.push(worker);
        await worker.start();
      }
      await delay(SETTLE_MS);
      step(`${NAME}: counting statements for ${watchMs / 1_000} s`);
      const { count, detail } = server.own ? await countLogged(server, watchMs) : await countTransactions(url, watchMs);
      const perSecond = count / (watchMs / 1_000);
      const finding: Finding = {
        measure: NAME,
        what: `${WORKERS} idle workers, pause-api and worker-claimer, in all`,
        target: { atMost: 1 },
        reached: perSecond,
        unit: 'statements/s',
        rounds: [perSecond],
        detail,
      };
      return { findings: [finding] };
    } finally {
      await Promise.all(workers.map((worker) => worker.stop({ drainMs: 0 })));
      await orchestra.stop();
      await server.dropDatabase(url);
    }
  },
};

/** For this database alone, from the next connection on. */
async function logStatements(url: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(`alter database ${new URL(url).pathname.slice(1)} set log_statement = 'all'`),
  );
}

async function countLogged(
  { onLog }: { onLog: (heard: (line: string) => void) => () => void },
  watchMs: number,
): Promise<{ count: number; detail: string }> {
  const counts = new Map<string, number>();
  let count = 0;
  let begunBefore = false;
  const unhear = onLog((line) => {
    // A statement that begins with an empty line is known by its next one.
    const statement = begunBefore ? beginning(line) : loggedStatement(line);
    if (statement === undefined) return;
    begunBefore = statement === '';
    if (begunBefore) return;
    count += 1;
    counts.set(statement, (counts.get(statement) ?? 0) + 1);
  });
  await delay(watchMs);
  unhear();
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, NAMED);
  return {
    count,
    detail:
      `${count} in ${watchMs / 1_000} s; most often: ` +
      `${most.map(([statement, times]) => `${times} × ${statement}`).join('; ')}`,
  };
}

/** The beginning of the statement that a line of the server's log tells of; undefined for other lines. */
export function loggedStatement(line: string): string | undefined {
  const statement = /LOG: {2}(?:statement|execute [^:]*): ?(.*)$/.exec(line)?.[1];
  return statement === undefined ? undefined : beginning(statement);
}

function beginning(statement: string): string {
  return statement.replaceAll(/\s+/g, ' ').trim().slice(0, STATEMENT_SHOWN);
}

async function countTransactions(url: string, watchMs: number): Promise<{ count: number; detail: string }> {
  const count = async (): Promise<number> => {
    const { rows } = await withClient(url, (client) =>
      client.query<{ count: number }>(
        'select (xact_commit + xact_rollback)::int as count from pg_stat_database where datname = current_database()',
      ),
    );
    return rows[0]?.count ?? 0;
  };
  const before = await count();
  await delay(watchMs);
  const transactions = (await count()) - before;
  return {
    count: transactions,
    detail: `${figure(transactions)} transactions in ${watchMs / 1_000} s, with the two of this count`,
  };
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {}); // the statement under way reports it
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

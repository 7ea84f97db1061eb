import { makePool } from '@orchestra/database';
import { PgBoss } from 'pg-boss';
import { serverPid } from '../cpu-time.ts';
import type { Peer } from './peer.ts';

const QUEUE = 'noop';
const INSERT_MAX = 5_000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** pg-boss by `fetch` and `complete`, of as many jobs as the library claims at a time. */
export async function pgBossPeer(databaseUrl: string): Promise<Peer> {
  const db = makePool({
    connectionString: databaseUrl,
    applicationName: 'bench',
    max: 2,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  const boss = new PgBoss({ connectionString: databaseUrl, schedule: false });
  boss.on('error', () => {}); // the call under way reports it
  await boss.start();
  await boss.createQueue(QUEUE);
  const unfinished = async (): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      "select count(*)::int as count from pgboss.job j where j.name = $1 and j.state < 'completed'",
      [QUEUE],
    );
    return rows[0]?.count ?? 0;
  };
  return {
    unfinished,
    processes: async () => ({ server: await serverPid(db), services: [] }),
    fillTo: async (count) => {
      let missing = count - (await unfinished());
      while (missing > 0) {
        const jobs = Array.from({ length: Math.min(missing, INSERT_MAX) }, (_, n) => ({ data: { n } }));
        await boss.insert(QUEUE, jobs);
        missing -= jobs.length;
      }
      await db.query('vacuum (analyze) pgboss.job');
    },
    work: async (concurrency) => {
      let stopping = false;
      const working = (async () => {
        while (!stopping) {
          const jobs = await boss.fetch(QUEUE, { batchSize: concurrency });
          if (jobs.length > 0)
            await boss.complete(
              QUEUE,
              jobs.map((job) => job.id),
            );
        }
      })();
      working.catch(() => {}); // told by stop
      return async () => {
        stopping = true;
        await working;
      };
    },
    close: async () => {
      await boss.stop({ graceful: false });
      await db.end();
    },
  };
}

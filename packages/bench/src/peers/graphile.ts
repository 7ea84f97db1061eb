import { makePool } from '@orchestra/database';
import { Logger, run, runMigrations, type RunnerOptions } from 'graphile-worker';
import { serverPid } from '../cpu-time.ts';
import type { Peer } from './peer.ts';

const STATEMENT_TIMEOUT_MS = 60_000;
const quiet = new Logger(() => () => {});

/** graphile-worker with its defaults, or with those options that are given. */
export async function graphilePeer(databaseUrl: string, preset?: RunnerOptions['preset']): Promise<Peer> {
  const db = makePool({
    connectionString: databaseUrl,
    applicationName: 'bench',
    max: 2,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
  });
  await runMigrations({ connectionString: databaseUrl, logger: quiet });
  const unfinished = async (): Promise<number> => {
    const { rows } = await db.query<{ count: number }>(
      'select count(*)::int as count from graphile_worker._private_jobs',
    );
    return rows[0]?.count ?? 0;
  };
  return {
    unfinished,
    processes: async () => ({ server: await serverPid(db), services: [] }),
    fillTo: async (count) => {
      const missing = count - (await unfinished());
      if (missing > 0) {
        await db.query(
          `select count(*) from graphile_worker.add_jobs(array(
             select json_populate_record(null::graphile_worker.job_spec,
                                         json_build_object('identifier', 'noop', 'payload', json_build_object('n', n)))
               from generate_series(1, $1::int) as n))`,
          [missing],
        );
      }
      await db.query('vacuum (analyze) graphile_worker._private_jobs');
    },
    work: async (concurrency) => {
      const runner = await run({
        connectionString: databaseUrl,
        concurrency,
        noHandleSignals: true,
        logger: quiet,
        taskList: { noop: async () => {} },
        ...(preset === undefined ? {} : { preset }),
      });
      return () => runner.stop();
    },
    close: () => db.end(),
  };
}

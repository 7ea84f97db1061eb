import type { Queryable } from '@orchestra/database';
import type { PreflightReport } from '../contract/index.ts';

// Of each runner: workers whose names change with each start must not fill the table.
const KEPT_MAX = 50;
const KEPT_SECONDS = 86_400;

/**
 * Keeps what a runner's worker found in its environment, in place of what it said before. Of each runner the last fifty
 * workers of one day.
 */
export async function reportPreflight(db: Queryable, report: PreflightReport): Promise<Date> {
  // Before the report, so that nothing can fail once that is written.
  await db.query(
    `delete from runner_preflights p
      where (p.runner, p.worker) <> ($1, $2)
        and (p.at < now() - make_interval(secs => $3)
             or (p.runner, p.worker) in (select o.runner, o.worker
                                           from runner_preflights o
                                          where o.runner = $1
                                            and o.worker <> $2
                                          order by o.at desc offset $4))`,
    [report.runner, report.worker, KEPT_SECONDS, KEPT_MAX - 1],
  );
  const {
    rows: [row],
  } = await db.query<{ at: Date }>(
    `insert into runner_preflights as p (runner, worker, at, host, outcome, exec_host_side, summary, fix, checks)
     values ($1, $2, clock_timestamp(), $3, $4, $5, $6, $7, $8::jsonb)
         on conflict (runner, worker) do update
        set at = excluded.at, host = excluded.host, outcome = excluded.outcome,
          exec_host_side = excluded.exec_host_side, summary = excluded.summary, fix = excluded.fix,
          checks = excluded.checks
     returning p.at`,
    [
      report.runner,
      report.worker,
      report.host ?? null,
      report.outcome,
      report.exec_host_side,
      report.says,
      report.fix ?? null,
      JSON.stringify(report.checks),
    ],
  );
  if (row === undefined) throw new Error('the insert of a preflight answered no row');
  return row.at;
}

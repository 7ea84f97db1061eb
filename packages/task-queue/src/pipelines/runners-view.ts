import type { Queryable } from '@orchestra/database';
import { z } from 'zod';
import { preflightCheck, RUNNERS, type PreflightView, type RunnerView } from '../contract/index.ts';
import { DEFAULT_PIPELINES, type Pipeline } from './pipeline.ts';
import { NO_RUNNERS, skillsOfRunner, type RunnerSwitches } from './runner-reservations.ts';

type LastRow = Omit<PreflightView, 'at'> & { runner: string; at: Date; workers: number };

/**
 * The block `runners` of `GET /api/queue`: each runner, its switch, what it last said of its environment, and how many
 * of its tasks are held.
 */
export async function readRunners(
  db: Queryable,
  switches: RunnerSwitches = NO_RUNNERS,
  pipelines: readonly Pipeline[] = DEFAULT_PIPELINES,
): Promise<RunnerView[]> {
  const { rows } = await db.query<LastRow>(
    `select distinct on (p.runner) p.runner, p.worker, p.host, p.at, p.outcome, p.exec_host_side, p.summary as says,
            p.fix, p.checks,
            (count(*) over (partition by p.runner))::int as workers
       from runner_preflights p
      -- one of the future was typed by hand, and would stand before all others until then
      where p.at between now() - interval '1 day' and now() + interval '1 minute'
      order by p.runner, p.at desc`,
  );
  const held = await db.query<{ skill: string | null; held: number }>(
    `select t.skill, count(*)::int as held
       from tasks t
      where t.status = 'held'
        and t.held_evidence is not null
      group by t.skill`,
  );
  return RUNNERS.map((runner): RunnerView => {
    const repos = switches[runner];
    const skills = skillsOfRunner(runner, pipelines);
    const last = rows.find((row) => row.runner === runner);
    return {
      runner,
      switched: repos === null || repos.length > 0 ? 'on' : 'off',
      only_repos: repos === null || repos.length === 0 ? null : [...repos],
      skills,
      permanent_env: last?.outcome === 'environment',
      exec_host_side: last?.exec_host_side ?? false,
      preflight:
        last === undefined
          ? null
          : {
              worker: last.worker,
              host: last.host,
              at: last.at.toISOString(),
              outcome: last.outcome,
              exec_host_side: last.exec_host_side,
              says: last.says,
              fix: last.fix,
              // a row that was written by hand must not take the whole answer with it
              checks: z.array(preflightCheck).safeParse(last.checks).data ?? [],
            },
      workers: last?.workers ?? 0,
      held: held.rows.reduce((sum, row) => sum + (row.skill !== null && skills.includes(row.skill) ? row.held : 0), 0),
    };
  });
}

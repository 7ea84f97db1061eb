import type { Database } from '@orchestra/database';
import { runRinging } from '@orchestra/pause-core';
import { findRunawayRuns, type RunawayRun } from './runaway-runs.ts';
import { RUNAWAY_LOOK_BACK_MS, RUNAWAY_RULE, type RunawayRule } from './runaway-rule.ts';

/** Who raises these alerts. */
export const WATCHDOG = 'senate.watchdog';

/**
 * The watchdog: raises a critical alert for each run given up while its task or its actor runs away, never two for one
 * run, no matter who calls it at the same time and however often. Most calls find nothing and are one statement that
 * reads.
 *
 * An alert carries the time at which its run ended, not the time at which that was noticed. So a watchdog that was down
 * tells late what happened then; with the time of noticing, old failures would look like a burst of new ones and pause
 * an actor that has long behaved, or that a person has cleared since.
 *
 * @param options.lookBackMs only runs that ended within this are judged. A verdict is final: who comes often need look
 *   back no further than the last call, with room for endings that were still being committed then
 * @returns the runs for which this call raised an alert
 */
export async function raiseRunawayAlerts(
  db: Database,
  rule: RunawayRule = RUNAWAY_RULE,
  options: { lookBackMs?: number } = {},
): Promise<RunawayRun[]> {
  const runs = await findRunawayRuns(db, rule, options.lookBackMs ?? RUNAWAY_LOOK_BACK_MS);
  if (runs.length === 0) return [];
  return runRinging(db, undefined, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [WATCHDOG]);
    const { rows } = await tx.query<{ run_id: string }>(
      `insert into senate_alerts (kind, ref_id, severity, created_at, details)
       select 'runaway', r.actor_id, 'critical', r.ended_at, jsonb_build_object(
                'run_id', r.run_id, 'task_id', r.task_id, 'about', r.about,
                'ended_runs', r.ended_runs, 'given_up', r.given_up, 'window_seconds', $2::float8)
         from jsonb_to_recordset($1::jsonb)
           as r(run_id text, task_id text, actor_id text, ended_at timestamptz, about text, ended_runs int,
                given_up int)
        order by r.ended_at
           on conflict ((details ->> 'run_id')) where kind = 'runaway' do nothing
       returning details ->> 'run_id' as run_id`,
      [JSON.stringify(runs), rule.windowMs / 1_000],
    );
    const raised = new Set(rows.map((row) => row.run_id));
    return runs.filter((run) => raised.has(run.run_id));
  });
}

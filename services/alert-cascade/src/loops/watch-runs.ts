import type { Database } from '@orchestra/database';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import { raiseRunawayAlerts, RUNAWAY_LOOK_BACK_MS, type RunawayRule } from '@orchestra/task-queue';
import type { CascadeMetrics } from '../cascade-metrics.ts';

// An ending is timed when its statement begins and seen when it has committed. That takes less than this.
const COMMIT_ROOM_MS = 30_000;
// Now and then everything is looked at again, whatever was missed: a machine that slept, a commit that took its time.
const LOOK_AT_ALL_EVERY_MS = 60_000;

export interface WatchOptions {
  db: Database;
  rule: RunawayRule;
  log: Logger;
  metrics: CascadeMetrics;
  everyMs: number;
  /** Alerts were raised. */
  onAlerts: () => void;
}

/**
 * The watchdog. Tasks never ring a bell, so it looks by the clock: at first an hour back, then no further than needed.
 */
export function startWatching({ db, rule, log, metrics, everyMs, onAlerts }: WatchOptions): Loop {
  let judgedUntilMs = -Infinity;
  let allJudgedAtMs = -Infinity;
  return startLoop({
    name: 'the watchdog',
    everyMs,
    log,
    round: async () => {
      const beganAtMs = performance.now();
      const all = beganAtMs - allJudgedAtMs >= LOOK_AT_ALL_EVERY_MS;
      const lookBackMs = all
        ? RUNAWAY_LOOK_BACK_MS
        : Math.min(RUNAWAY_LOOK_BACK_MS, beganAtMs - judgedUntilMs + COMMIT_ROOM_MS);
      const observed = metrics.watchSeconds.startTimer();
      const raised = await raiseRunawayAlerts(db, rule, { lookBackMs });
      observed();
      judgedUntilMs = beganAtMs;
      if (all) allJudgedAtMs = beganAtMs;
      if (raised.length === 0) return;
      for (const { about, actor_id: actor, task_id, run_id, ended_runs, given_up } of raised) {
        metrics.runawayAlerts.inc({ about });
        log.warn({ about, actor, task_id, run_id, ended_runs, given_up }, `a ${about} runs away: raised an alert`);
      }
      onAlerts();
    },
  });
}

import type { Database } from '@orchestra/database';
import type { AlertRule } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { CascadeMetrics } from '../cascade-metrics.ts';
import { gather } from '../stages/gather.ts';
import { judge } from '../stages/judge.ts';
import { record } from '../stages/record.ts';
import { sweepThrough, type Stage } from '../sweep.ts';

// With every bell lost, an actor is paused within this (P6).
const SWEEP_EVERY_MS = 5_000;
// However many alerts come in a second, they cause at most ten sweeps. The first one after a quiet time waits for
// nothing.
const SWEEP_GAP_MS = 100;

/** Sweeps when woken by a bell, and by the clock. */
export function startSweeping({
  db,
  rule,
  alarmAfter,
  log,
  metrics,
  everyMs = SWEEP_EVERY_MS,
}: {
  db: Database;
  rule: AlertRule;
  alarmAfter: number;
  log: Logger;
  metrics: CascadeMetrics;
  everyMs?: number | undefined;
}): Loop {
  const stages: Stage[] = [
    gather({ db, rule, metrics }),
    judge({ db, rule }),
    record({ db, alarmAfter, log, metrics }),
  ];
  return startLoop({
    name: 'the sweep over the alerts',
    everyMs,
    gapMs: SWEEP_GAP_MS,
    log,
    round: async () => {
      const observed = metrics.sweepSeconds.startTimer();
      await sweepThrough(stages).finally(observed);
    },
  });
}

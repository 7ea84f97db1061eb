import type { Queryable } from '@orchestra/database';
import { alertsBehind, type AlertRule } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { CascadeMetrics } from '../cascade-metrics.ts';

// Nobody is paused by it, so nobody waits for it.
const LOOK_EVERY_MS = 30_000;

/** Tells of critical alerts that came too late to count: each once, and one line for all that a look finds. */
export function startTellingLateAlerts({
  db,
  rule,
  log,
  metrics,
  everyMs = LOOK_EVERY_MS,
}: {
  db: Queryable;
  rule: AlertRule;
  log: Logger;
  metrics: CascadeMetrics;
  everyMs?: number | undefined;
}): Loop {
  let told = new Set<string>();
  return startLoop({
    name: 'the look for alerts that came too late',
    everyMs,
    log,
    round: async () => {
      const behind = await alertsBehind(db, rule);
      const fresh = behind.filter(({ id }) => !told.has(id));
      // Of the last hour and no more than one look finds.
      told = new Set(behind.map(({ id }) => id));
      const [first] = fresh;
      if (first === undefined) return;
      metrics.alertsTooLate.inc(fresh.length);
      log.warn(
        {
          alerts: fresh.length,
          first_id: first.id,
          first_kind: first.kind,
          first_actor: first.actor,
          first_behind_seconds: first.behindSeconds,
        },
        'critical alerts came with a created_at of so long ago, or with none, that they count toward no ' +
          'auto-pause: see the clock and the time zone of the system that writes them',
      );
    },
  });
}

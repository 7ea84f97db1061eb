import { AUTO_PAUSE_RULE, listActivePauses, recordAlert, type ActivePause } from '@orchestra/pause-core';
import type { Database } from '@orchestra/database';
import { RUNAWAY_RULE } from '@orchestra/task-queue';
import type { AlertCascadeConfig } from '../src/config.ts';
import { startService } from '../src/service.ts';

export const NEVER_MS = 600_000;
export const REASON = 'auto-paused: 3+ critical alerts in 5m';

export interface Cascade {
  url: string;
  stop(): Promise<void>;
  /** The sum of a metric over its labels. */
  metric(name: string): Promise<number>;
}

/** A cascade in this process that hears bells and does nothing by the clock, unless told otherwise. */
export async function startCascade(
  database: { url: string },
  config: Partial<AlertCascadeConfig> = {},
): Promise<Cascade> {
  const service = await startService({
    databaseUrl: database.url,
    listenDatabaseUrl: database.url,
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    autoPause: AUTO_PAUSE_RULE,
    runaway: RUNAWAY_RULE,
    watchEveryMs: NEVER_MS,
    sweepEveryMs: NEVER_MS,
    ...config,
  });
  return {
    url: service.url,
    stop: () => service.stop(),
    metric: async (name) => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return text
        .split('\n')
        .filter((line) => line.startsWith(`${name}{`))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
    },
  };
}

/** Alerts as the REST route writes them. */
export async function alert(
  db: Database,
  actor: string,
  count = 3,
  severity: 'low' | 'medium' | 'high' | 'critical' = 'critical',
): Promise<void> {
  for (let sent = 0; sent < count; sent++)
    await recordAlert(db, { kind: 'loop', ref_id: actor, severity, by: 'source-1' });
}

/** Alerts as another system writes them, so many seconds ago. */
export async function alertBySql(db: Database, actor: string, secondsAgo: number[]): Promise<void> {
  await db.query(
    `insert into senate_alerts (kind, ref_id, severity, created_at)
     select 'loop', $1, 'critical', now() - make_interval(secs => ago) from unnest($2::float8[]) as ago`,
    [actor, secondsAgo],
  );
}

/** Every pause there ever was on an actor, oldest first. */
export async function pausesOf(
  db: Database,
  actor: string,
): Promise<{ paused_by: string; reason: string; ttl_seconds: number; source: string; cleared_by: string | null }[]> {
  const { rows } = await db.query(
    `select paused_by, reason, ttl_seconds, source, cleared_by
       from senate_pause
      where scope_kind = 'actor'
        and scope_value = $1
      order by id`,
    [actor],
  );
  return rows;
}

export const activeOf = (db: Database, actor: string): Promise<ActivePause[]> =>
  listActivePauses(db, { kind: 'actor', value: actor });

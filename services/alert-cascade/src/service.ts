import { makePool, POOL_SIZES } from '@orchestra/database';
import { AUTO_PAUSES_AN_HOUR, checkAlertsTable, createListenHub } from '@orchestra/pause-core';
import { listen, makeApp, makeLogger, makeMetrics, startParts, type RunningService } from '@orchestra/service-shell';
import { makeCascadeMetrics } from './cascade-metrics.ts';
import type { AlertCascadeConfig } from './config.ts';
import { startTellingLateAlerts } from './loops/tell-late-alerts.ts';
import { startSweeping } from './loops/sweep-alerts.ts';
import { startWatching } from './loops/watch-runs.ts';

/** Starts alert-cascade on a migrated database. Any number of instances may run: each pause is made once (P14). */
export function startService(config: AlertCascadeConfig): Promise<RunningService> {
  return startParts(async (parts) => {
    const log = makeLogger({ service: 'alert-cascade', level: config.logLevel });
    const db = makePool({
      connectionString: config.databaseUrl,
      applicationName: 'orchestra alert-cascade',
      max: POOL_SIZES['alert-cascade'].calls,
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next sweep makes another'),
    });
    parts.add('database pool', () => db.end());

    const shell = makeMetrics('alert-cascade');
    const metrics = makeCascadeMetrics(shell);
    const sweeping = startSweeping({
      db,
      rule: config.autoPause,
      alarmAfter: config.autoPauseAlarm ?? AUTO_PAUSES_AN_HOUR,
      log,
      metrics,
      everyMs: config.sweepEveryMs,
    });
    parts.add('sweeps', () => sweeping.stop());
    const watching = startWatching({
      db,
      rule: config.runaway,
      log,
      metrics,
      everyMs: config.watchEveryMs,
      onAlerts: () => sweeping.wake(),
    });
    parts.add('watchdog', () => watching.stop());

    const telling = startTellingLateAlerts({
      db,
      rule: config.autoPause,
      log,
      metrics,
      everyMs: config.lateLookEveryMs,
    });
    parts.add('the look for late alerts', () => telling.stop());

    const hub = createListenHub({
      connectionString: config.listenDatabaseUrl,
      applicationName: 'orchestra alert-cascade bells',
      onBell: (topic) => {
        if (topic !== 'pause') sweeping.wake();
      },
      onConnect: () => sweeping.wake(),
      onLost: (err) => {
        metrics.bellConnectionsLost.inc();
        log.warn({ err }, 'lost the bells; sweeping by the clock meanwhile');
      },
    });
    parts.add('bells', () => hub.close());
    await hub.start();

    const server = await listen(
      makeApp({ db, log, metrics: shell, routes: [], boundTo: config, checks: { alerts: checkAlertsTable(db) } }),
      { host: config.host, port: config.port, portSetting: 'ALERT_CASCADE_PORT' },
    );
    parts.add('HTTP', () => server.close());
    return { url: server.url };
  });
}

import { isDatabaseUnavailable, makePool } from '@orchestra/database';
import { createListenHub, forgetOldKeys } from '@orchestra/pause-core';
import { listen, makeApp, makeLogger, makeMetrics, startLoop, startParts, type Route, type RunningService } from '@orchestra/service-shell';
import { CLAIM_SETTINGS } from '@orchestra/task-queue';
import type { WorkerClaimerConfig } from './config.ts';
import { Hearing } from './loops/hearing.ts';
import { reap } from './loops/reap.ts';
import { serveOpenApi } from './openapi.ts';
import { makeQueueMetrics } from './queue-metrics.ts';
import { claimRoute } from './routes/claim.ts';
import { queueRoute } from './routes/queue.ts';
import { runRoutes } from './routes/runs.ts';
import { taskRoutes } from './routes/tasks.ts';
import { serveWaiters } from './waiting/serve-waiters.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

// What comes by a door that rings no bell here (another instance, SQL) is found within this.
const LOOK_EVERY_MS = 2_000;
// However many tasks are added in a second, those who wait cause at most forty looks.
const LOOK_GAP_MS = 25;
const FORGET_EVERY_MS = 3_600_000;
// Workers send a heartbeat at a third of the lease: within half of it every living one has been heard.
const LISTEN_SHARE = 0.5;

/** Starts worker-claimer on a migrated database. Without one it starts as well, answers 503, and works when it is there. */
export function startService(config: WorkerClaimerConfig): Promise<RunningService> {
  return startParts(async (parts) => {
    const { leaseSeconds } = config;
    const log = makeLogger({ service: 'worker-claimer', level: config.logLevel });
    const db = makePool({
      connectionString: config.databaseUrl, applicationName: 'orchestra worker-claimer',
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next call makes another'),
    });
    parts.add('database pool', () => db.end());
    // Claims have connections of their own: planned for the claim alone, and left to it when everything else is busy.
    const claims = makePool({
      connectionString: config.databaseUrl, applicationName: 'orchestra worker-claimer claims', settings: CLAIM_SETTINGS,
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next claim makes another'),
    });
    parts.add('claim pool', () => claims.end());

    const shell = makeMetrics('worker-claimer');
    const metrics = makeQueueMetrics(shell, { waiters: () => room.size });
    const room: WaitingRoom = new WaitingRoom({ max: config.waitersMax, onCall: () => looks.wake() });
    const callOut = (): void => room.call();

    const looks = startLoop({
      name: 'looking for those who wait', everyMs: config.lookEveryMs ?? LOOK_EVERY_MS, gapMs: LOOK_GAP_MS, log,
      round: () => serveWaiters(db, room, metrics),
    });
    parts.add('looks', () => looks.stop());

    const reaper = { db, log, metrics, leaseSeconds, hearing: new Hearing({ listenMs: leaseSeconds * LISTEN_SHARE * 1_000, everyMs: config.reapEveryMs }), onReturned: callOut };
    await reap(reaper).catch((err: unknown) => {
      if (!isDatabaseUnavailable(err)) throw err;
      log.warn({ err }, 'the database cannot be reached yet; starting without it');
    });
    const reaping = startLoop({ name: 'the reaper', everyMs: config.reapEveryMs, log, round: () => reap(reaper) });
    parts.add('reaper', () => reaping.stop());
    const forgetting = startLoop({ name: 'forgetting old idempotency keys', everyMs: FORGET_EVERY_MS, log, round: async () => { await forgetOldKeys(db); } });
    parts.add('forgetting', () => forgetting.stop());

    const hub = createListenHub({
      connectionString: config.listenDatabaseUrl, applicationName: 'orchestra worker-claimer bells',
      onBell: (topic) => { if (topic !== 'alert') callOut(); },
      onConnect: callOut,
      onLost: (err) => { metrics.bellConnectionsLost.inc(); log.warn({ err }, 'lost the bells; looking by the clock meanwhile'); },
    });
    parts.add('bells', () => hub.close());
    await hub.start();

    const routes: Route[] = [
      ...taskRoutes({ db, metrics, onAdded: callOut }),
      claimRoute({ place: { db: claims, metrics, onReturned: callOut }, room, leaseSeconds }),
      ...runRoutes({ db, metrics, leaseSeconds, onReturned: callOut }),
      queueRoute({ db, leaseSeconds }),
    ];
    const app = makeApp({ db, log, metrics: shell, routes, pages: serveOpenApi(routes) });
    const server = await listen(app, { host: config.host, port: config.port, portSetting: 'WORKER_CLAIMER_PORT' });
    parts.add('HTTP', () => server.close());
    // Before the server closes: it waits for the answers that are still open.
    parts.add('waiting claims', () => room.close());
    return { url: server.url };
  });
}

import { isDatabaseUnavailable, makePool, POOL_SIZES } from '@orchestra/database';
import { checkAlertsTable, createListenHub, forgetOldKeys, livingTokens, type ListenHub } from '@orchestra/pause-core';
import {
  listen,
  makeApp,
  makeAuthenticator,
  makeLogger,
  makeMetrics,
  startLoop,
  startParts,
  startTracing,
  type RunningService,
} from '@orchestra/service-shell';
import {
  NO_RUNNERS,
  CLAIM_SETTINGS,
  ClaimStrategyCache,
  DEFAULT_STAGE_RULES,
  deferPaused,
  forgetOldSightings,
  forgetOldStops,
  keptForRunners,
  lookAfterReleases,
  recordWorkerPolls,
  writeQueueSettings,
} from '@orchestra/task-queue';
import type { WorkerClaimerConfig } from './config.ts';
import { startPauseCopies } from './loops/copy-pauses.ts';
import { forgetTasks } from './loops/forget-old-tasks.ts';
import { Hearing } from './loops/hearing.ts';
import { keepLanes } from './loops/keep-lanes.ts';
import { LookForTheDead } from './loops/look-for-the-dead.ts';
import { reap } from './loops/reap.ts';
import { seeToStops } from './loops/see-to-stops.ts';
import { openApiDocument, serveOpenApi } from './openapi.ts';
import { makeQueueMetrics } from './queue-metrics.ts';
import { makeRoutes } from './routes/index.ts';
import { Sightings } from './sightings.ts';
import { tellEndings } from './told-endings.ts';
import { serveWaiters } from './waiting/serve-waiters.ts';
import { WaitingRoom } from './waiting/waiting-room.ts';

// What comes by a door that rings no bell here (another instance, SQL) is found within this.
const LOOK_EVERY_MS = 5_000;
// However many tasks are added in a second, those who wait cause at most forty looks.
const LOOK_GAP_MS = 25;
// The first of them after a rest follow each other at once: one worker that waits again and again is never late.
const LOOK_BURST = 8;
const FORGET_EVERY_MS = 3_600_000;
// Written at the start; and again, in case somebody changed the row by hand.
const SETTINGS_EVERY_MS = 3_600_000;
const SETTINGS_RETRY_MS = 5_000;
const RETENTION_EVERY_MS = 3_600_000;
// Workers are seen often; that is written once a minute, and somebody new sooner.
const SIGHTINGS_EVERY_MS = 60_000;
const SIGHTINGS_GAP_MS = 15_000;
// Workers send a heartbeat at a third of the lease: within half of it every living one has been heard.
const LISTEN_SHARE = 0.5;

const SIZES = POOL_SIZES['worker-claimer'];

// While tasks are claimed, the lanes are kept in order four times a second, and once more behind the last of them;
// otherwise now and then, for what was done by SQL.
const KEEP_LANES_GAP_MS = 250;
const KEEP_LANES_IDLE_MS = 600_000;
const KEEP_LANES_RETRY_MS = 60_000;
// A chunk four times a second: a million tasks are put off within ten minutes, and the claims do not feel it.
const DEFER_GAP_MS = 250;
// A release rings a bell when it begins, and says itself when its next task is due; this is for one whose bell was
// lost.
const RELEASES_EVERY_MS = 5_000;
const RELEASES_GAP_MS = 50;
// An order to stop rings a bell; this is for one that was lost.
const STOPS_EVERY_MS = 5_000;
const STOPS_GAP_MS = 250;
// Whatever is added or paused through this service, or by a bell, is looked after at once; this is for tasks that come
// by other doors.
const DEFER_EVERY_MS = 30_000;

/**
 * Starts worker-claimer on a migrated database. Without one it starts as well, answers 503, and works when it is there.
 */
export function startService(config: WorkerClaimerConfig): Promise<RunningService> {
  return startParts(async (parts) => {
    const {
      leaseSeconds,
      gatedRepos = null,
      autoParkRepos = null,
      questionRepos = null,
      stages = DEFAULT_STAGE_RULES,
      runners = NO_RUNNERS,
    } = config;
    const kept = keptForRunners(runners, stages.pipelines);
    const log = makeLogger({ service: 'worker-claimer', level: config.logLevel });
    const db = makePool({
      connectionString: config.databaseUrl,
      applicationName: 'orchestra worker-claimer',
      max: SIZES.calls,
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next call makes another'),
    });
    parts.add('database pool', () => db.end());
    // Claims have connections of their own: planned for the claim alone, and left to it when everything else is busy.
    const claims = makePool({
      connectionString: config.databaseUrl,
      applicationName: 'orchestra worker-claimer claims',
      max: SIZES.claims,
      settings: CLAIM_SETTINGS,
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next claim makes another'),
    });
    parts.add('claim pool', () => claims.end());

    const shell = makeMetrics('worker-claimer');
    const metrics = makeQueueMetrics(shell, { waiters: () => room.size, attachedFailing: () => copies.failing() });
    const room: WaitingRoom = new WaitingRoom({ max: config.waitersMax, onCall: () => looks.wake() });
    const callOut = (): void => room.call();

    const looks = startLoop({
      name: 'looking for those who wait',
      everyMs: config.lookEveryMs ?? LOOK_EVERY_MS,
      gapMs: LOOK_GAP_MS,
      burst: LOOK_BURST,
      log,
      round: () => serveWaiters(db, room, metrics, gatedRepos, kept),
    });
    parts.add('looks', () => looks.stop());

    // The reaper's too. It waits shortly: whoever holds one gate in psql shall not hold up the reaping of everything
    // else.
    const reaps = makePool({
      connectionString: config.databaseUrl,
      applicationName: 'orchestra worker-claimer reaper',
      max: SIZES.reaper,
      settings: { ...CLAIM_SETTINGS, lock_timeout: '2s' },
      onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost; the next round makes another'),
    });
    parts.add('reaper pool', () => reaps.end());
    const heal = config.heal ?? 'on';
    const reaper = {
      db: reaps,
      log,
      metrics,
      leaseSeconds,
      heal: heal === 'on',
      onReturned: callOut,
      hearing: new Hearing({ listenMs: leaseSeconds * LISTEN_SHARE * 1_000, everyMs: config.reapEveryMs }),
      theDead: new LookForTheDead({ db: reaps, leaseSeconds, goneForMs: config.goneForMs }),
    };
    // Whatever comes of it, the brake and the queue are served; the loop tries again.
    await reap(reaper).catch((err: unknown) => {
      if (isDatabaseUnavailable(err)) log.warn({ err }, 'the database cannot be reached yet; starting without it');
      else log.error({ err }, 'the first round of the reaper failed; starting all the same, and it is tried again');
    });
    const reaping = startLoop({ name: 'the reaper', everyMs: config.reapEveryMs, log, round: () => reap(reaper) });
    parts.add('reaper', () => reaping.stop());
    const settings = { leaseSeconds, gatedRepos, kept, rules: stages, questionRepos, autoParkRepos };
    const writing = startLoop({
      name: 'writing down the settings for direct workers',
      everyMs: SETTINGS_EVERY_MS,
      retryMs: SETTINGS_RETRY_MS,
      log,
      round: async () => {
        await writeQueueSettings(db, settings);
        return undefined;
      },
    });
    parts.add('settings', () => writing.stop());
    const forgetting = startLoop({
      name: 'forgetting old idempotency keys and workers',
      everyMs: FORGET_EVERY_MS,
      log,
      round: async () => {
        await forgetOldKeys(db);
        await forgetOldSightings(db);
        await forgetOldStops(db);
      },
    });
    parts.add('forgetting', () => forgetting.stop());

    if (config.retentionDays !== undefined) {
      const retention = startLoop({
        name: 'deleting old tasks',
        everyMs: RETENTION_EVERY_MS,
        log,
        round: forgetTasks({ db, log, metrics, days: config.retentionDays }),
      });
      parts.add('retention', () => retention.stop());
    }

    const keeping = startLoop({
      name: 'keeping the lanes',
      everyMs: KEEP_LANES_IDLE_MS,
      retryMs: KEEP_LANES_RETRY_MS,
      gapMs: KEEP_LANES_GAP_MS,
      log,
      round: keepLanes(db),
    });
    parts.add('lanes', () => keeping.stop());
    const deferring = startLoop({
      name: 'putting off what is paused',
      everyMs: DEFER_EVERY_MS,
      gapMs: DEFER_GAP_MS,
      log,
      round: async () => {
        const { deferred, more } = await deferPaused(db);
        metrics.tasksDeferred.inc(deferred);
        // Ids beyond the horizon are looked at again: it should follow also while everything is paused and nothing is
        // claimed.
        if (deferred > 0) keeping.wake();
        return more ? 0 : undefined;
      },
    });
    parts.add('deferring', () => deferring.stop());

    const releasing = startLoop({
      name: 'letting paused backlogs go',
      everyMs: RELEASES_EVERY_MS,
      gapMs: RELEASES_GAP_MS,
      log,
      round: async () => (await lookAfterReleases(reaps, gatedRepos)) ?? undefined,
    });
    parts.add('releases', () => releasing.stop());
    const stopping = startLoop({
      name: 'seeing to runs that are stopped',
      everyMs: STOPS_EVERY_MS,
      gapMs: STOPS_GAP_MS,
      log,
      round: seeToStops({ db: reaps, log, onReturned: callOut }),
    });
    parts.add('stops', () => stopping.stop());

    const authenticator = makeAuthenticator(db, { hearsRevocations: () => hub.state === 'listening' });
    const forgetTokens = (): void => {
      authenticator.forget();
      // Where it cannot be asked, no claim can be made either.
      room
        .endRevoked((ids) => livingTokens(db, ids))
        .catch((err: unknown) => log.warn({ err }, 'whether the tokens of waiting claims are good could not be asked'));
    };
    const copies = startPauseCopies({ db, log });
    parts.add('copies of the pauses', () => copies.stop());
    const hub: ListenHub = createListenHub({
      connectionString: config.listenDatabaseUrl,
      applicationName: 'orchestra worker-claimer bells',
      onBell: (topic) => {
        if (topic === 'alert') return;
        if (topic === 'token') {
          forgetTokens();
          return;
        }
        callOut();
        deferring.wake();
        stopping.wake();
        releasing.wake();
        copies.wake();
      },
      onConnect: () => {
        forgetTokens(); // what was revoked meanwhile rang no bell here
        callOut();
        copies.wake();
      },
      onLost: (err) => {
        metrics.bellConnectionsLost.inc();
        log.warn({ err }, 'lost the bells; looking by the clock meanwhile');
      },
    });
    parts.add('bells', () => hub.close());
    await hub.start();

    const sightings: Sightings = new Sightings({ onNew: () => noting.wake() });
    const noting = startLoop({
      name: 'writing down which workers ask',
      everyMs: SIGHTINGS_EVERY_MS,
      gapMs: config.sightingsGapMs ?? SIGHTINGS_GAP_MS,
      log,
      round: async () => ((await sightings.writeDue((batch) => recordWorkerPolls(db, batch))) > 0 ? 0 : undefined),
    });
    parts.add('sightings', () => noting.stop());

    const told = tellEndings({ metrics, onReturned: callOut, onFreed: () => room.callAtGates() });
    const routes = makeRoutes({
      db,
      endings: claims,
      room,
      metrics,
      leaseSeconds,
      gatedRepos,
      autoParkRepos,
      questionRepos,
      rules: stages,
      kept,
      told,
      queue: config,
      place: {
        db: claims,
        ways: new ClaimStrategyCache(),
        metrics,
        rules: stages,
        onClaimed: () => keeping.wake(),
        onReturned: callOut,
      },
      saw: (claim) => sightings.see(claim),
      onAdded: (tasks) => {
        room.offer(tasks.map(({ agent_id: agent = null, skill = null }) => ({ agent, skill })));
        callOut();
        deferring.wake();
      },
      onOpened: callOut,
    });
    const tracing =
      config.tracing === undefined
        ? undefined
        : await startTracing({ service: 'worker-claimer', endpoint: config.tracing.endpoint, log });
    if (tracing !== undefined) parts.add('tracing', () => tracing.stop());
    const app = makeApp({
      db,
      log,
      metrics: shell,
      routes,
      authenticator,
      tracing,
      boundTo: config,
      told: { alerts: checkAlertsTable(db) },
      pages: serveOpenApi(openApiDocument(routes)),
    });
    const server = await listen(app, { host: config.host, port: config.port, portSetting: 'WORKER_CLAIMER_PORT' });
    parts.add('HTTP', () => server.close());
    // Before the server closes: it waits for the answers that are still open.
    parts.add('waiting claims', () => room.close());
    return { url: server.url };
  });
}

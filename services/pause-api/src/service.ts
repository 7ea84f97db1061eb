import { HELD, makePool, POOL_SIZES, type Database } from '@orchestra/database';
import { checkAlertsTable, createDatabaseReplica } from '@orchestra/pause-core';
import {
  listen,
  makeApp,
  makeAuthenticator,
  makeLogger,
  makeMetrics,
  startParts,
  startTracing,
  type RunningService,
} from '@orchestra/service-shell';
import type { PauseApiConfig } from './config.ts';
import { DeskTicker } from './desk-ticker.ts';
import { EventFeed } from './event-feed.ts';
import { EventStreams, type CutWhy } from './event-stream.ts';
import { makeGateMetrics } from './gate-metrics.ts';
import { GateReports } from './gate-reports.ts';
import { startQuietWatcher } from './loops/announce-quiet.ts';
import { startSweeper } from './loops/close-expired.ts';
import { startGateKeeper } from './loops/forget-gates.ts';
import { startKeyKeeper } from './loops/forget-keys.ts';
import { startNotices } from './loops/send-notices.ts';
import { startProver, type Prover } from './loops/prove-brake.ts';
import { startMinuteCounter } from './loops/sum-up-minutes.ts';
import { startSequencer } from './loops/sequence-events.ts';
import { makeNoticeMetrics } from './notice-metrics.ts';
import { openApiDocument } from './openapi.ts';
import { servePages } from './pages.ts';
import { makePauseMetrics } from './pause-metrics.ts';
import { makeRoutes } from './routes/index.ts';
import { sessionRoutes } from './routes/session.ts';

// As the replica's default; the age in the metrics is reckoned back from it.
const TRUST_MS = 10_000;
// A server that does not answer is told to the caller as unavailable after this and two seconds.
const STATEMENT_TIMEOUT_MS = 5_000;

/** Starts pause-api: the replica first, then the loops, then the HTTP server. The database has to be migrated. */
export function startService(config: PauseApiConfig): Promise<RunningService> {
  return startParts(async (parts) => {
    const log = makeLogger({ service: 'pause-api', level: config.logLevel });
    const lost = (err: Error): void => log.debug({ err }, 'a database connection was lost');
    // Pools of their own: whatever floods the lists, the alerts, the loops or the streams, a pause finds a connection.
    const sizes = POOL_SIZES['pause-api'];
    const pool = (name: string, what: string, max: number, held = 0): Database => {
      const made = makePool({
        connectionString: config.databaseUrl,
        applicationName: `orchestra pause-api${name}`,
        max,
        held,
        statementTimeoutMs: STATEMENT_TIMEOUT_MS,
        onConnectionLost: lost,
      });
      parts.add(what, () => made.end());
      return made;
    };
    // Held open, with those that look tokens up: also when the server gives out no more.
    const brake = pool(' brake', 'the pool of the brake', sizes.brake, HELD.brake);
    const tokens = pool(' tokens', 'the pool of the tokens', sizes.tokens, HELD.tokens);
    const db = pool('', 'the pool', sizes.calls);
    const background = pool(' loops', 'the pool of the loops', sizes.loops);

    const feed = new EventFeed(background);
    const wake: (() => void)[] = [];
    let isListening = false;
    const replica = createDatabaseReplica({
      pool: background,
      listenConnectionString: config.listenDatabaseUrl,
      applicationName: 'orchestra pause-api bell',
      trustMs: TRUST_MS,
      onBell: (topic) => {
        metrics.bells.inc({ topic: topic === 'pause' || topic === 'alert' ? topic : 'other' });
        if (topic === 'token') {
          authenticator.forget();
          streams.recheck();
        }
        for (const loop of wake) loop();
      },
      onConnect: () => {
        isListening = true;
        authenticator.forget(); // what was revoked meanwhile rang no bell here
        streams.recheck();
        for (const loop of wake) loop();
      },
    });
    const shellMetrics = makeMetrics('pause-api');
    const authenticator = makeAuthenticator(tokens, { cookies: true, hearsRevocations: () => isListening });
    const desk = new DeskTicker(background, log);
    parts.add('the desk ticker', () => desk.stop());
    const streams = new EventStreams({
      db: background,
      feed,
      desk,
      authenticator,
      log,
      onCut: (why: CutWhy) => metrics.streamsCut.inc({ why }),
      ...(config.streams === undefined ? {} : { limits: config.streams }),
    });
    const metrics = makePauseMetrics(shellMetrics, {
      lastProvenSeconds: () => prover.lastProvenSeconds(),
      replica,
      streamCount: () => streams.count,
      replicaAgeMs: () => (replica.known ? replica.ageMs : -1_000),
    });
    replica.on('disconnected', (err) => {
      isListening = false;
      metrics.bellConnectionsLost.inc();
      log.warn({ err }, 'the listening connection was lost; pauses are re-read by the clock meanwhile');
    });
    replica.on('read-failed', (err) => log.debug({ err }, 'the pauses could not be read'));
    replica.on('state', ({ from, to }) =>
      log[to === 'doubtful' ? 'warn' : 'info']({ from, to }, `the replica is ${to}`),
    );
    parts.add('the replica', () => replica.stop());
    await replica.start();

    const sequencer = startSequencer({ feed, log });
    wake.push(sequencer.wake);
    parts.add('the event sequencer', sequencer.stop);
    const sweeper = startSweeper({
      db: background,
      gatedRepos: config.queue?.gatedRepos ?? null,
      metrics,
      log,
      onDone: sequencer.wake,
    });
    parts.add('the sweeper', sweeper.stop);
    const quietWatcher = startQuietWatcher({ db: background, replica, log });
    parts.add('the quiet watcher', quietWatcher.stop);
    replica.on('changed', () => {
      sequencer.wake();
      sweeper.wake();
      quietWatcher.wake();
    });
    const prover: Prover = startProver({ db: background, replica, everySeconds: config.selfTestSeconds ?? null, log });
    parts.add('the self-test of the brake', prover.loop.stop);
    parts.add('the key keeper', startKeyKeeper({ db: background, log }).stop);
    parts.add('the minute counter', startMinuteCounter({ db: background, log }).stop);
    parts.add('the gate keeper', startGateKeeper({ db: background, log }).stop);
    const gateMetrics = makeGateMetrics(shellMetrics, background);
    const gateReports = new GateReports(background, log, (count) => gateMetrics.refusals.inc(count));
    parts.add('the reports of gates', () => gateReports.stop());

    const { notices = [] } = config;
    const noticeMetrics = makeNoticeMetrics(shellMetrics);
    if (notices.length > 0) {
      const sending = startNotices({
        targets: notices,
        databaseUrl: config.databaseUrl,
        feed,
        metrics: noticeMetrics,
        log,
        ...(config.noticeTimings === undefined ? {} : { timings: config.noticeTimings }),
      });
      parts.add('the notices', sending.stop);
    }

    const routes = [
      ...makeRoutes({
        brake,
        db,
        replica,
        streams,
        gateReports,
        metrics,
        settleTimeoutMs: config.settleTimeoutMs,
        alertmanager: config.alertmanager,
        notices,
        queue: config.queue,
      }),
      ...sessionRoutes({ authenticator }),
    ];
    const tracing =
      config.tracing === undefined
        ? undefined
        : await startTracing({ service: 'pause-api', endpoint: config.tracing.endpoint, log });
    if (tracing !== undefined) parts.add('tracing', () => tracing.stop());
    const app = makeApp({
      db,
      log,
      metrics: shellMetrics,
      routes,
      authenticator,
      tracing,
      boundTo: config,
      checks: { replica: () => (replica.stale ? 'the pauses could not be read for ten seconds' : undefined) },
      // The brake is served also where another system's table takes no alerts.
      told: { alerts: checkAlertsTable(background) },
      pages: (pages) => servePages(pages, openApiDocument(routes), { tokenFile: config.tokenFileTold }),
    });
    const server = await listen(app, { host: config.host, port: config.port, portSetting: 'PAUSE_API_PORT' });
    parts.add('the server', () => server.close());
    parts.add('the streams', () => streams.stop());
    return { url: server.url };
  });
}

import { makePool, POOL_SIZES } from '@orchestra/database';
import {
  forgetTargets,
  registerTarget,
  sendRound,
  targetStates,
  type NoticeReports,
  type NoticeTarget,
  type SendRoundOptions,
} from '@orchestra/notices';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import type { EventFeed } from '../event-feed.ts';
import type { NoticeMetrics } from '../notice-metrics.ts';

// For bells that were lost, and for what another instance has put into the outbox.
const TICK_MS = 5_000;
const REGISTER_EVERY_MS = 60_000;
// Alerts come in floods; the calls of one round go out together.
const GAP_MS = 50;
const STATEMENT_TIMEOUT_MS = 5_000;

/** For tests: what else would take minutes. */
export type NoticeTimings = Pick<SendRoundOptions, 'resolve' | 'timeLimitMs' | 'wait'>;

export interface NoticesOptions {
  targets: readonly NoticeTarget[];
  databaseUrl: string;
  feed: EventFeed;
  metrics: NoticeMetrics;
  log: Logger;
  timings?: NoticeTimings;
}

/**
 * Sends notices, each target in a loop of its own: one that is slow holds up nobody else. Any number of instances share
 * the work.
 */
export function startNotices({ targets, databaseUrl, feed, metrics, log, timings = {} }: NoticesOptions): {
  stop: () => Promise<void>;
} {
  // Of its own and small: whatever the notices are up to, a pause finds a connection.
  const db = makePool({
    connectionString: databaseUrl,
    applicationName: 'orchestra pause-api notices',
    max: POOL_SIZES['pause-api'].notices,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    onConnectionLost: (err) => log.debug({ err }, 'a database connection was lost'),
  });
  const stopping = new AbortController();
  const reports = reportsTo(log, metrics);
  const loops = targets.map((target): Loop => {
    let registeredAtMs = -Infinity;
    return startLoop({
      name: `the notices to ${target.name}`,
      everyMs: TICK_MS,
      gapMs: GAP_MS,
      log,
      round: async () => {
        if (performance.now() - registeredAtMs >= REGISTER_EVERY_MS) {
          await registerTarget(db, target);
          registeredAtMs = performance.now();
          for (const name of await forgetTargets(db))
            log.info({ target: name }, 'a target of notices was in no configuration for a day and is forgotten');
        }
        const nextMs = await sendRound({ db, target, reports, signal: stopping.signal, ...timings });
        metrics.show(await targetStates(db, [target.name]));
        return nextMs;
      },
    });
  });
  const deaf = feed.onNews(() => {
    for (const loop of loops) loop.wake();
  });
  return {
    stop: async () => {
      deaf();
      stopping.abort();
      await Promise.all(loops.map((loop) => loop.stop()));
      await db.end();
    },
  };
}

function reportsTo(log: Logger, metrics: NoticeMetrics): NoticeReports {
  return {
    delivered: (target, { tries, notice }, tookMs) => {
      metrics.delivered.observe({ target }, tookMs / 1_000);
      log[tries > 1 ? 'info' : 'debug'](
        { target, event_id: notice.eventId, type: notice.event.type, tries },
        'a notice was delivered',
      );
    },
    failed: (target, { tries, notice }, why) => {
      metrics.failed.inc({ target });
      log.warn(
        { target, event_id: notice.eventId, type: notice.event.type, tries, why },
        'a notice could not be delivered',
      );
    },
    givenUp: (target, count, why) => {
      metrics.givenUp.inc({ target }, count);
      log.error({ target, count, why }, 'notices are given up');
    },
    gone: (target, why) =>
      log.error(
        { target, why },
        'a target of notices answered 410 and is switched off; POST /api/senate/notices/resume switches it on again',
      ),
  };
}

import type { Database } from '@orchestra/database';
import { closeExpiredPauses, dueEnds, stayPauses, warnOfEnds } from '@orchestra/pause-core';
import { startLoop, type Logger, type Loop } from '@orchestra/service-shell';
import { advanceProbes, PROBER, unmarkLeftOver, type GatedRepos } from '@orchestra/task-queue';
import type { PauseMetrics } from '../pause-metrics.ts';

// What the database says is due next is waited for to the moment; what the replica sees, it wakes this for; the tick is
// for what neither knows.
const TICK_MS = 30_000;
// After a round that failed, and after one that did something: what somebody else had locked, it has passed over.
const AGAIN_MS = 10_000;
// A little past the instant, so that the database's clock has passed it too.
const PAST_THE_END_MS = 5;
// Nothing rings when a run ends, so a task that was let through is looked at as often as this.
const PROBE_LOOK_MS = 1_000;

/**
 * Does what is to be done when the time of a pause is over, and warns before: closes those that end with it, marks
 * those that stay, looks after those that probe. Nobody's work waits for the first two, the claim judges the end
 * itself. Any number of instances may do it.
 *
 * @param options.onDone it has done something, of which there are events: their bells may be lost
 */
export function startSweeper({
  db,
  gatedRepos,
  metrics,
  log,
  onDone,
}: {
  db: Database;
  gatedRepos: GatedRepos;
  metrics: PauseMetrics;
  log: Logger;
  onDone: () => void;
}): Loop {
  function tellStayed(stayed: number): void {
    metrics.pausesStayed.inc(stayed);
    if (stayed > 0) log.warn({ stayed }, 'the time of pauses is over, and they stay until a person decides');
  }

  async function lookAfter(): Promise<void> {
    const { let: letThrough, done, again, stayed } = await advanceProbes(db, gatedRepos);
    metrics.probes.inc({ verdict: 'done' }, done);
    metrics.probes.inc({ verdict: 'failed' }, again);
    metrics.probes.inc({ verdict: 'environment' }, stayed);
    tellStayed(stayed);
    if (letThrough + done + again > 0) log.info({ let_through: letThrough, done, again }, 'pauses probe');
  }

  return startLoop({
    name: 'the sweeper of ended pauses',
    everyMs: TICK_MS,
    retryMs: AGAIN_MS,
    log,
    round: async () => {
      const due = await dueEnds(db);
      if (due.toClose) {
        const closed = await closeExpiredPauses(db);
        metrics.pausesExpired.inc(closed);
        if (closed > 0) log.info({ closed }, 'pauses reached their end');
      }
      if (due.toStay) tellStayed(await stayPauses(db));
      if (due.toWarn) metrics.pauseWarnings.inc(await warnOfEnds(db));
      if (due.probing) await lookAfter();
      const didSomething = due.toClose || due.toStay || due.toWarn || due.probing;
      if (didSomething) onDone();
      await unmarkLeftOver(db, PROBER);
      return (
        Math.min(didSomething ? AGAIN_MS : TICK_MS, due.nextInMs ?? TICK_MS, due.probing ? PROBE_LOOK_MS : TICK_MS) +
        PAST_THE_END_MS
      );
    },
  });
}

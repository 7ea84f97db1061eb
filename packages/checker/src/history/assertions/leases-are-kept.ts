import type { Indexed } from '../indexed.ts';
import type { Assertion } from '../violation.ts';

/**
 * A11. No run is taken away before its lease has passed since its claim, and since each heartbeat that was answered;
 * but for those of a worker that was killed, of which the service may know sooner.
 */
export const leasesAreKept: Assertion = (history) => {
  const renewed = lastRenewals(history);
  const killed = history
    .calls('nemesis')
    .filter(({ invoke }) => invoke.fault.startsWith('kill'))
    .map(({ invoke }) => invoke);
  return history.testimony.events
    .filter((event) => event.kind === 'reaped')
    .flatMap((reaped) => {
      const renewal = renewed.get(reaped.run ?? '')?.findLast(({ at }) => at < reaped.at);
      if (renewal === undefined) return [];
      const heldMs = reaped.committedAt - renewal.at;
      if (heldMs >= history.leaseSeconds * 1_000 - history.slackMs) return [];
      const worker = renewal.worker;
      const wasKilled = killed.some(
        ({ target, t }) =>
          (target === 'every worker' || target === worker) && history.toDatabase(t) < reaped.committedAt,
      );
      return wasKilled
        ? []
        : [
            {
              assertion: 'A11' as const,
              t: history.toHistory(reaped.at),
              what: `run ${reaped.run} of ${worker} was taken away ${Math.round(heldMs)} ms after it was last heard of`,
            },
          ];
    });
};

interface Renewal {
  at: number;
  worker: string;
}

/** For each run, in order, the earliest moments at which the database can have been told that it is alive. */
function lastRenewals(history: Indexed): Map<string, Renewal[]> {
  const renewals: [string, Renewal][] = [
    ...history.testimony.events
      .filter((event) => event.kind === 'claimed')
      .map((event): [string, Renewal] => [event.run ?? '', { at: event.at, worker: event.by }]),
    ...history
      .calls('heartbeat')
      .filter(({ ok }) => ok !== undefined)
      .map(({ invoke }): [string, Renewal] => [
        invoke.run,
        { at: history.toDatabase(invoke.t), worker: invoke.proc.split(':')[0] ?? '' },
      ]),
  ].toSorted(([, a], [, b]) => a.at - b.at);
  const byRun = new Map<string, Renewal[]>();
  for (const [run, renewal] of renewals) byRun.set(run, [...(byRun.get(run) ?? []), renewal]);
  return byRun;
}

import type { FinishKind } from '../event.ts';
import type { Indexed } from '../indexed.ts';
import type { WitnessedEvent } from '../testimony.ts';
import type { Assertion, Violation } from '../violation.ts';

const ENDINGS: Record<FinishKind, string> = { complete: 'completed', fail: 'failed', release: 'released' };

/**
 * A5. The history of each task is one of runs that follow each other: what ends a run is the one that was claimed last,
 * with nothing between; and what a worker was told, of a claim or an ending, is in that history.
 */
export const endingsBelongToTheLatestClaim: Assertion = (history) => [
  ...[...history.eventsOf].flatMap(([task, events]) => walk(history, task, events)),
  ...history.calls('finish').flatMap(({ ok }): Violation[] => {
    const kept =
      ok === undefined ||
      history.eventsOf.get(ok.task)?.some((event) => event.run === ok.run && event.kind === ENDINGS[ok.how]);
    return kept
      ? []
      : [
          {
            assertion: 'A5',
            t: ok.t,
            what: `task ${ok.task}: run ${ok.run} was told that it ended (${ok.how}), and the database does not know`,
          },
        ];
  }),
  ...history.calls('claim').flatMap(({ ok }) =>
    (ok?.tasks ?? []).flatMap((claim): Violation[] => {
      const kept = history.eventsOf
        .get(claim.task)
        ?.some((event) => event.run === claim.run && event.kind === 'claimed');
      return kept
        ? []
        : [
            {
              assertion: 'A5',
              t: ok?.t,
              what: `task ${claim.task} was given to ${ok?.proc} as run ${claim.run}, and the database does not know`,
            },
          ];
    }),
  ),
];

function walk(history: Indexed, task: string, events: readonly WitnessedEvent[]): Violation[] {
  let status = 'nowhere';
  let run: string | null = null;
  const wrong: Violation[] = [];
  const must = (holds: boolean, event: WitnessedEvent): void => {
    if (!holds)
      wrong.push({
        assertion: 'A5',
        t: history.toHistory(event.committedAt),
        what:
          `task ${task} was ${event.kind} (run ${event.run}) when it was ` +
          `${status}${run === null ? '' : ` as run ${run}`}`,
      });
  };
  for (const event of events) {
    switch (event.kind) {
      case 'queued':
        must(status === 'nowhere', event);
        status = 'queued';
        break;
      case 'claimed':
        must(status === 'queued', event);
        status = 'running';
        run = event.run;
        break;
      case 'completed':
      case 'failed':
      case 'released':
      case 'reaped':
      case 'stopped':
        must(status === 'running' && event.run === run, event);
        status = String(event.data?.['status']);
        run = null;
        break;
      case 'deferred':
      case 'probing':
        must(status === 'queued', event);
        break;
      // After a run that was stopped to be cancelled, this says it again.
      case 'cancelled':
        must(
          status === 'queued' || status === 'held' || (status === 'cancelled' && event.data?.['was'] === 'running'),
          event,
        );
        status = 'cancelled';
        break;
      case 'requeued':
        must(status === 'failed' || status === 'cancelled', event);
        status = 'queued';
        break;
    }
  }
  const row = history.tasks.get(task);
  if (row?.status !== status)
    wrong.push({
      assertion: 'A5',
      what: `the history of task ${task} ends with ${status}, and its row says ${row?.status}`,
    });
  return wrong;
}

import { covers } from '../indexed.ts';
import type { Assertion } from '../violation.ts';

/**
 * A7. A pause lets running work finish: an ending is refused only to a run that had ended already or was taken away,
 * whatever was paused meanwhile. That work which was done is kept as well, A4 and A5 see to.
 */
export const runningWorkEnds: Assertion = (history) =>
  history.calls('finish').flatMap(({ invoke, refusedT }) => {
    if (refusedT === undefined) return [];
    const refusedAt = history.toDatabase(refusedT) + history.slackMs;
    const lost =
      history.eventsOf
        .get(invoke.task)
        ?.some(({ run, kind, at }) => run === invoke.run && ENDS.includes(kind) && at < refusedAt) ?? false;
    if (lost) return [];
    const task = history.tasks.get(invoke.task);
    const under = history.pauses.find(
      (pause) =>
        task !== undefined &&
        covers(pause, task) &&
        pause.pausedAt < refusedAt &&
        history.toDatabase(invoke.t) < pause.activeUntil,
    );
    return [
      {
        assertion: 'A7' as const,
        t: refusedT,
        what:
          `run ${invoke.run} of task ${invoke.task} could not end (${invoke.how}) though nobody had taken it ` +
          `away${under === undefined ? '' : `, under pause ${under.id} on ${under.kind} ${under.value}`}`,
      },
    ];
  });

const ENDS = ['completed', 'failed', 'released', 'reaped', 'stopped'];

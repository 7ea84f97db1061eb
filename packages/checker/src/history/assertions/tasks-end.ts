import type { Assertion, Violation } from '../violation.ts';

const ENDED = new Set(['succeeded', 'failed', 'cancelled']);

/**
 * A4. Every accepted task ends once the faults have stopped and nothing is paused. One without a row is lost; one that
 * still waits is late, which fails the liveness and not the safety. Calls add all of their tasks or none, and none
 * twice.
 */
export const acceptedTasksEnd: Assertion = (history) => {
  const byKey = Map.groupBy(history.testimony.tasks, (task) => task.key);
  return history.calls('enqueue').flatMap(({ invoke, ok, refusedT }): Violation[] => {
    const found = byKey.get(invoke.key)?.length ?? 0;
    const wanted = ok !== undefined ? [invoke.tasks.length] : refusedT !== undefined ? [0] : [0, invoke.tasks.length];
    const wrongCount: Violation[] = wanted.includes(found)
      ? []
      : [
          {
            assertion: 'A4',
            t: ok?.t ?? invoke.t,
            what: `a call that added ${invoke.tasks.length} tasks left ${found}`,
          },
        ];
    const stuck = (ok?.ids ?? []).flatMap((id): Violation[] => {
      const task = history.tasks.get(id);
      if (task === undefined) return [{ assertion: 'A4', t: ok?.t, what: `task ${id} was accepted and is lost` }];
      return ENDED.has(task.status)
        ? []
        : [
            {
              assertion: 'A4',
              t: ok?.t,
              what:
                `task ${id} is late: still ` +
                `${task.status}${history.drained ? '' : ' when the time to drain was over'}`,
            },
          ];
    });
    return [...wrongCount, ...stuck];
  });
};

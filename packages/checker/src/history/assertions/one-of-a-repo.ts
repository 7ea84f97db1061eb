import type { Indexed } from '../indexed.ts';
import type { Assertion, Violation } from '../violation.ts';

/**
 * A13. Of the tasks of one repo at most one is in progress (the serial gate), from the commit of its claim to the end
 * of its run.
 */
export const oneOfARepo: Assertion = (history) =>
  [...Map.groupBy(runsOfRepos(history), (run) => run.repo).values()].flatMap((runs) => {
    const inOrder = runs.toSorted((a, b) => a.from - b.from);
    return inOrder.flatMap((run, index): Violation[] => {
      const before = inOrder[index - 1];
      return before === undefined || before.to <= run.from
        ? []
        : [
            {
              assertion: 'A13',
              t: history.toHistory(run.from),
              what:
                `task ${run.task} of repo ${run.repo} was claimed (run ${run.run}) while task ${before.task} ` +
                `was in progress (run ${before.run})`,
            },
          ];
    });
  });

/** What happens to a run, and is not its end. */
const GO_ON = new Set(['parked', 'unparked', 'stopping']);

interface RunOfRepo {
  repo: string;
  task: string;
  run: string | null;
  from: number;
  to: number;
}

function runsOfRepos(history: Indexed): RunOfRepo[] {
  return [...history.eventsOf].flatMap(([task, events]) => {
    const repo = history.tasks.get(task)?.repo ?? null;
    return repo === null
      ? []
      : events
          .filter((event) => event.kind === 'claimed')
          .map((claim): RunOfRepo => {
            const end = events.find(
              (event) => event.id > claim.id && event.run === claim.run && !GO_ON.has(event.kind),
            );
            // When the transaction that ended it began: it was in progress until then for sure.
            return { repo, task, run: claim.run, from: claim.committedAt, to: end?.at ?? Infinity };
          });
  });
}

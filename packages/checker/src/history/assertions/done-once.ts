import type { Indexed } from '../indexed.ts';
import type { Assertion, Violation } from '../violation.ts';

/** One body of work that was seen; without an end its process was killed in the middle. */
export interface Body {
  task: string;
  run: string;
  proc: string;
  from: number;
  to: number;
}

/**
 * A6. A task is completed once. Two bodies of work on it may overlap, when a worker goes on after its run was taken
 * away, but not with both of them being told that their end counts.
 */
export const doneOnce: Assertion = (history) => {
  const twice = [...history.eventsOf].flatMap(([task, events]): Violation[] => {
    const done = events.filter((event) => event.kind === 'completed');
    return done.length <= 1
      ? []
      : [
          {
            assertion: 'A6',
            t: history.toHistory(done[1]?.committedAt ?? 0),
            what: `task ${task} was completed ${done.length} times`,
          },
        ];
  });
  const counted = new Set(history.calls('finish').flatMap(({ ok }) => (ok === undefined ? [] : [ok.run])));
  const both = overlaps(history)
    .filter(([one, other]) => counted.has(one.run) && counted.has(other.run))
    .map(([one, other]): Violation => ({
      assertion: 'A6',
      t: other.from,
      what:
        `task ${one.task} was worked on by ${one.proc} (run ${one.run}) and ${other.proc} (run ${other.run}) ` +
        'at the same time, and both ends counted',
    }));
  return [...twice, ...both];
};

/** Pairs of bodies of one task that were at work at the same time. */
export function overlaps(history: Indexed): [Body, Body][] {
  return [...Map.groupBy(bodies(history), (body) => body.task).values()].flatMap((ofTask) =>
    ofTask.flatMap((one, index) =>
      ofTask
        .slice(index + 1)
        .filter((other) => other.from < one.to && one.from < other.to)
        .map((other): [Body, Body] => [one, other]),
    ),
  );
}

function bodies({ events }: Indexed): Body[] {
  const open = new Map<string, Body>();
  const all: Body[] = [];
  // A process writes nothing after its end, so what it left open ended with its last line at the earliest.
  const lastWord = new Map<string, number>();
  for (const event of events) {
    lastWord.set(event.proc, event.t);
    if (event.op === 'work.start') {
      const body = { task: event.task, run: event.run, proc: event.proc, from: event.t, to: Infinity };
      open.set(`${event.proc} ${event.id}`, body);
      all.push(body);
    } else if (event.op === 'work.end') {
      const body = open.get(`${event.proc} ${event.id}`);
      if (body !== undefined) body.to = event.t;
    }
  }
  for (const body of all) if (body.to === Infinity) body.to = lastWord.get(body.proc) ?? body.from;
  return all;
}

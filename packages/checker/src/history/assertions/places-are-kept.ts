import { covers, type Indexed } from '../indexed.ts';
import type { WitnessedEvent, WitnessedTask } from '../testimony.ts';
import type { Assertion } from '../violation.ts';

// A claim skips a row that another transaction has its hands on at that moment. Not so many, one after the other.
const OVERTAKEN_MAX = 5;
// Who looks at a change while it commits may see either; on a machine with other things to do that takes its time.
const SEEN_LATE_MS = 1_000;
// A transaction whose client is frozen, or behind a black hole, keeps its locks until the server ends it.
const LOCKED_MAX_MS = 6_000;

/**
 * A8. Tasks begin in the order of their places. A task may be overtaken by a claim that met its row locked; one that
 * was overtaken again and again by claims that followed each other, while nothing held it back, was forgotten.
 */
export const placesAreKept: Assertion = (history) =>
  waitingTasks(history).flatMap((waiting) => {
    const overtakers = inARow(overtaking(history, waiting));
    return overtakers.length < OVERTAKEN_MAX
      ? []
      : [
          {
            assertion: 'A8' as const,
            t: history.toHistory(overtakers[0]?.at ?? 0),
            what:
              `task ${waiting.task.id} was overtaken by ${overtakers.length} claims one after the other while ` +
              `nothing held it back, the first of task ${overtakers[0]?.task}`,
          },
        ];
  });

/** How many tasks were claimed although an earlier one stood ready at that moment: each may have met a locked row. */
export function countInversions(history: Indexed): number {
  return waitingTasks(history).reduce((sum, waiting) => sum + overtaking(history, waiting).length, 0);
}

/**
 * A task from when others could see it until its first claim began: in that time it stood ready, but for pauses and for
 * locks that nobody could give back.
 */
interface Waiting {
  task: WitnessedTask;
  from: number;
  to: number;
  heldBack: readonly { from: number; to: number }[];
}

function waitingTasks(history: Indexed): Waiting[] {
  const stuck = history
    .calls('nemesis')
    .filter(({ invoke }) => /freeze|blackhole/.test(invoke.fault))
    .map(({ invoke, ok }) => ({
      from: history.toDatabase(invoke.t),
      to: ok === undefined ? Infinity : history.toDatabase(ok.t) + LOCKED_MAX_MS,
    }));
  // One with a repo also waits at its gate.
  return history.testimony.tasks
    .filter((task) => task.repo === null)
    .flatMap((task) => {
      const events = history.eventsOf.get(task.id) ?? [];
      const queued = events.find((event) => event.kind === 'queued');
      const claimed = events.find((event) => event.kind === 'claimed');
      if (queued === undefined || claimed === undefined) return [];
      // From its beginning at the latest until some time after its end: who looks meanwhile may see either.
      const paused = history.pauses
        .filter((pause) => covers(pause, task))
        .map((pause) => ({ from: pause.pausedAt, to: pause.activeUntil + SEEN_LATE_MS }));
      return [
        {
          task,
          from: queued.committedAt + SEEN_LATE_MS,
          to: claimed.at,
          heldBack: [...paused, ...stuck, ...cancelledMeanwhile(events)],
        },
      ];
    });
}

/** From when somebody cancelled it until it was back for all to see. */
function cancelledMeanwhile(events: readonly WitnessedEvent[]): { from: number; to: number }[] {
  return events
    .filter(({ kind }) => kind === 'cancelled')
    .map((cancelled) => {
      const back = events.find((event) => event.kind === 'requeued' && event.id > cancelled.id);
      return { from: cancelled.at, to: back === undefined ? Infinity : back.committedAt + SEEN_LATE_MS };
    });
}

function overtaking(history: Indexed, { task, from, to, heldBack }: Waiting): WitnessedEvent[] {
  if (to <= from) return [];
  return history.testimony.events.filter((event) => {
    if (event.kind !== 'claimed' || event.at < from || event.committedAt >= to) return false;
    const other = history.tasks.get(event.task);
    if (
      other === undefined ||
      other.priority < task.priority ||
      (other.priority === task.priority && Number(other.id) < Number(task.id))
    )
      return false;
    return !heldBack.some((held) => held.from <= event.committedAt && event.at <= held.to);
  });
}

/** Of claims that overlap each other only one counts. */
function inARow(claims: readonly WitnessedEvent[]): WitnessedEvent[] {
  const row: WitnessedEvent[] = [];
  for (const claim of claims.toSorted((a, b) => a.committedAt - b.committedAt)) {
    if (claim.at > (row.at(-1)?.committedAt ?? -Infinity)) row.push(claim);
  }
  return row;
}

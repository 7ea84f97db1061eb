import type { Call, Indexed } from '../indexed.ts';
import type { WitnessedEvent } from '../testimony.ts';
import type { Assertion, Violation } from '../violation.ts';

// Beyond the grace of a stop: the look for what is due, on a machine with other things to do.
const FENCED_WITHIN_MS = 10_000;

/** What each act leaves in the history of a task that it changed. */
const LEAVES = { cancel: 'cancelled', retry: 'requeued', stop: 'stopping', release: 'probing' } as const;

/**
 * A15. What an operator got an answer for is in the history of the task, and holds: what was cancelled is not begun
 * until somebody brings it back, what was brought back waits or goes on, and a run that was told to stop has ended soon
 * after its grace, unless a fault kept the services from ending it.
 */
export const actsHold: Assertion = (history) =>
  history.calls('act').flatMap((call) => (call.ok?.tasks ?? []).flatMap((task) => judge(history, call, task)));

function judge(history: Indexed, { invoke, ok }: Call<'act'>, task: string): Violation[] {
  const wrong = (what: string): Violation[] => [
    { assertion: 'A15', t: ok?.t ?? invoke.t, what: `task ${task} ${what}` },
  ];
  const events = history.eventsOf.get(task) ?? [];
  const untilMs = history.toDatabase(ok?.t ?? invoke.t) + history.slackMs;
  const sinceMs = history.toDatabase(invoke.t) - history.slackMs;
  const left = events.findLast(
    (event) => event.kind === LEAVES[invoke.act] && event.committedAt >= sinceMs && event.at <= untilMs,
  );
  if (left === undefined) return wrong(`was said to be changed by "${invoke.act}", and its history does not know`);
  const after = events.filter((event) => event.id > left.id);
  switch (invoke.act) {
    case 'cancel':
      return isBegun(after) ? wrong('was cancelled, and begun although nobody had brought it back') : [];
    case 'retry':
      return isLost(history, task, after)
        ? wrong('was brought back, and is cancelled although nothing happened to it since')
        : [];
    case 'stop':
      return goesOn(history, left, after)
        ? wrong(`was told to stop, and its run ${left.run} went on beyond its grace`)
        : [];
    case 'release':
      return [];
  }
}

function isBegun(after: readonly WitnessedEvent[]): boolean {
  return after.find(({ kind }) => kind === 'claimed' || kind === 'requeued')?.kind === 'claimed';
}

function isLost({ tasks }: Indexed, task: string, after: readonly WitnessedEvent[]): boolean {
  return tasks.get(task)?.status === 'cancelled' && after.length === 0;
}

function goesOn(history: Indexed, left: WitnessedEvent, after: readonly WitnessedEvent[]): boolean {
  const dueMs = left.committedAt + Number(left.data?.['grace_seconds'] ?? 0) * 1_000 + FENCED_WITHIN_MS;
  const isDisturbed = history
    .calls('nemesis')
    .some(
      ({ invoke, ok }) =>
        history.toDatabase(invoke.t) < dueMs && (ok === undefined || history.toDatabase(ok.t) > left.committedAt),
    );
  if (isDisturbed) return false;
  const end = after.find((event) => event.run === left.run && event.kind !== 'stopping');
  const lastMs = history.testimony.events.at(-1)?.committedAt ?? 0;
  return (end?.committedAt ?? lastMs) > dueMs;
}

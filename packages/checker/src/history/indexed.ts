import { scopeCovers, type HistoryEvent, type RecordedLabels, type RecordedScope } from './event.ts';
import type { History, WitnessedEvent, WitnessedPause, WitnessedTask } from './testimony.ts';

type CalledOp = Extract<HistoryEvent, { phase: 'invoke' }>['op'];
type Of<O extends HistoryEvent['op'], P extends HistoryEvent['phase']> = Extract<HistoryEvent, { op: O; phase: P }>;

/** A call with both its lines. Without `end` nobody knows what became of it. */
export interface Call<O extends CalledOp> {
  invoke: Of<O, 'invoke'>;
  /** Present when it was answered with success. */
  ok: Of<O, 'ok'> | undefined;
  /** When it was answered with a refusal, by the events' clock. */
  refusedT: number | undefined;
}

/** A pause with everything that is known of it, from both witnesses. Times are the database's. */
export interface KnownPause extends WitnessedPause {
  scope: RecordedScope;
  call: Call<'pause'> | undefined;
  /** From here on its caller could count on it; for one whose caller never heard, a while after its commit. */
  boundFrom: number;
  /** Until then it was active in any case. */
  activeUntil: number;
  /** When it ends by itself. */
  endsAt: number;
}

/** A history, with what several assertions look for found once. */
export interface Indexed extends History {
  calls: <O extends CalledOp>(op: O) => readonly Call<O>[];
  pauses: readonly KnownPause[];
  tasks: ReadonlyMap<string, WitnessedTask>;
  /** What the database wrote down about each task, in order. */
  eventsOf: ReadonlyMap<string, readonly WitnessedEvent[]>;
  /** Was this run's task let go under this pause, by a release or as a probe? That lets one claim through. */
  letThrough: (task: string, run: string | null, pause: string) => boolean;
  /** The database's time of an event's `t`, and back. */
  toDatabase: (t: number) => number;
  toHistory: (databaseMs: number) => number;
  /** How far two times of the two clocks may be apart and still be the same. */
  slackMs: number;
}

// Between the time that a commit notes and the moment from which others see it, on a machine with other things to do.
const COMMIT_SEEN_WITHIN_MS = 2_000;
const SLACK_MS = 20;

export function indexHistory(history: History): Indexed {
  const toDatabase = (t: number): number => t + history.clock.ms;
  const all = pairCalls(history.events);
  const calls = <O extends CalledOp>(op: O): readonly Call<O>[] =>
    all.filter((call): call is Call<CalledOp> & Call<O> => call.invoke.op === op);
  const eventsOf = Map.groupBy(history.testimony.events, (event) => event.task);
  return {
    ...history,
    calls,
    eventsOf,
    toDatabase,
    letThrough: (task, run, pause) => letThrough(eventsOf.get(task) ?? [], run, pause),
    toHistory: (ms) => ms - history.clock.ms,
    slackMs: SLACK_MS + 2 * history.clock.errorMs,
    tasks: new Map(history.testimony.tasks.map((task) => [task.id, task])),
    pauses: knownPauses(history, calls('pause'), toDatabase),
  };
}

function letThrough(events: readonly WitnessedEvent[], run: string | null, pause: string): boolean {
  const at = events.findIndex((event) => event.kind === 'claimed' && event.run === run);
  const before = events
    .slice(0, Math.max(at, 0))
    .findLast((event) => event.kind === 'claimed' || (event.kind === 'probing' && event.data?.['pause_id'] === pause));
  return before?.kind === 'probing';
}

function pairCalls(events: readonly HistoryEvent[]): Call<CalledOp>[] {
  const open = new Map<string, Call<CalledOp>>();
  for (const event of events) {
    const name = `${event.proc} ${event.op} ${event.id}`;
    if (event.phase === 'invoke') {
      open.set(name, { invoke: event, ok: undefined, refusedT: undefined });
      continue;
    }
    const call = open.get(name);
    if (call === undefined) continue; // work and samples are no calls
    if (
      event.phase === 'ok' &&
      event.op !== 'work.start' &&
      event.op !== 'work.end' &&
      event.op !== 'sample' &&
      event.op !== 'attached.idle'
    )
      call.ok = event;
    if (event.phase === 'fail') call.refusedT = event.t;
  }
  return [...open.values()];
}

function knownPauses(
  { testimony }: History,
  calls: readonly Call<'pause'>[],
  toDatabase: (t: number) => number,
): KnownPause[] {
  const byKey = new Map(calls.map((call) => [call.invoke.key, call]));
  const committed = new Map(
    testimony.audit.filter((row) => row.action === 'pause.created').map((row) => [row.subject, row.committedAt]),
  );
  return testimony.pauses.map((pause) => {
    const call = byKey.get(pause.reason);
    const endsAt = pause.ttlSeconds === null ? Infinity : pause.pausedAt + pause.ttlSeconds * 1_000;
    return {
      ...pause,
      call,
      endsAt,
      scope: { kind: pause.kind, value: pause.value, also: pause.also ?? undefined },
      boundFrom:
        call?.ok === undefined
          ? (committed.get(pause.id) ?? pause.pausedAt) + COMMIT_SEEN_WITHIN_MS
          : toDatabase(call.ok.t),
      activeUntil: Math.min(endsAt, pause.clearedAt ?? Infinity),
    };
  });
}

/** The pauses that had been answered when a call was made, and that could not have ended before it was answered. */
export function inForceThrough(history: Indexed, askedT: number, answeredT: number): readonly KnownPause[] {
  const answered = history.toDatabase(answeredT) + history.slackMs;
  return history.pauses.filter(
    (pause) => pause.call?.ok !== undefined && pause.call.ok.t < askedT && answered < pause.activeUntil,
  );
}

export function covers(pause: KnownPause, labels: RecordedLabels): boolean {
  return scopeCovers(pause.scope, labels);
}

/**
 * What a history is made of: lines that every process of a run appends, one before each call and one after it.
 *
 * `t` is milliseconds of the machine's monotonic clock, so that lines of several processes can be compared, whatever is
 *   done to their wall clocks. A call that is answered ends with `ok` or `fail`; one of which nobody knows what became
 *   of it (a time limit, a cut connection, a process that was killed) with `info` or with nothing at all.
 */
export type HistoryEvent = EventBase &
  (
    | { op: 'enqueue'; phase: 'invoke'; key: string; tasks: readonly RecordedLabels[] }
    | { op: 'enqueue'; phase: 'ok'; ids: readonly string[] }
    | { op: 'claim'; phase: 'invoke' }
    | { op: 'claim'; phase: 'ok'; tasks: readonly RecordedClaim[] }
    | { op: 'work.start'; phase: 'ok'; task: string; run: string }
    | { op: 'work.end'; phase: 'ok'; task: string; run: string; how: 'done' | 'threw' }
    | { op: 'heartbeat'; phase: 'invoke'; task: string; run: string }
    | { op: 'heartbeat'; phase: 'ok'; task: string; run: string }
    | { op: 'finish'; phase: 'invoke'; task: string; run: string; how: FinishKind }
    | { op: 'finish'; phase: 'ok'; task: string; run: string; how: FinishKind; status: string }
    | { op: 'pause'; phase: 'invoke'; key: string; scope: RecordedScope; ttlSeconds: number | null }
    | { op: 'pause'; phase: 'ok'; pause: string; settled: boolean }
    | { op: 'unpause'; phase: 'invoke'; key: string; target: RecordedScope | { pause: string } }
    | { op: 'unpause'; phase: 'ok'; cleared: readonly string[] }
    | { op: 'act'; phase: 'invoke'; act: ActKind; key: string; named: readonly string[] }
    /** The tasks that it changed: cancelled, brought back, told to stop, let go under their pause. */
    | { op: 'act'; phase: 'ok'; act: ActKind; tasks: readonly string[] }
    | { op: 'alert'; phase: 'invoke'; key: string; actor: string; severity: string }
    | { op: 'alert'; phase: 'ok'; alert: string }
    | { op: 'check'; phase: 'invoke'; labels: RecordedLabels }
    | { op: 'check'; phase: 'ok'; paused: boolean; stale: boolean }
    | { op: 'list'; phase: 'invoke' }
    | { op: 'list'; phase: 'ok'; pauses: readonly string[] }
    | { op: 'attached.claim'; phase: 'invoke' }
    | { op: 'attached.claim'; phase: 'ok'; jobs: readonly RecordedJob[] }
    /** A bound claim brought nothing; `free` jobs that no pause covers had waited since before it. */
    | { op: 'attached.idle'; phase: 'ok'; free: number }
    /** Rows that cannot be, counted now and then past every fault. */
    | { op: 'sample'; phase: 'ok'; impossible: number }
    | { op: 'nemesis'; phase: 'invoke'; fault: string; target: string }
    | { op: 'nemesis'; phase: 'ok' }
    | { op: CalledOp; phase: 'fail' | 'info'; why: string }
  );

type CalledOp =
  | 'enqueue'
  | 'claim'
  | 'attached.claim'
  | 'heartbeat'
  | 'finish'
  | 'pause'
  | 'unpause'
  | 'act'
  | 'alert'
  | 'check'
  | 'list'
  | 'nemesis';

interface EventBase {
  t: number;
  /** Which process, and which of its lives, for example `worker-1:48213`. */
  proc: string;
  /** Pairs the lines of one call; unique within its process. */
  id: string;
}

/** What an operator does to tasks. */
export type ActKind = 'cancel' | 'retry' | 'stop' | 'release';
export type FinishKind = 'complete' | 'fail' | 'release';
export interface RecordedLabels {
  agent: string | null;
  skill: string | null;
  quest: string | null;
  actor: string | null;
}
export interface RecordedScope {
  kind: keyof RecordedLabels | 'fleet';
  value: string;
  also?: { [Kind in keyof RecordedLabels]?: string | undefined } | undefined;
}
/** A job of the attached engine. */
export interface RecordedJob extends RecordedLabels {
  job: string;
}
export interface RecordedClaim extends RecordedLabels {
  task: string;
  run: string;
  attempt: number;
}

/** Without what the recorder fills in. Distributes, so that each kind of line keeps its own fields. */
export type Recorded<E extends HistoryEvent = HistoryEvent> = E extends HistoryEvent ? Omit<E, 't' | 'proc'> : never;

export function scopeCovers(scope: RecordedScope, labels: RecordedLabels): boolean {
  if (scope.kind === 'fleet') return true;
  const { agent, skill, quest, actor } = scope.also ?? {};
  return (
    labels[scope.kind] === scope.value &&
    (agent === undefined || agent === labels.agent) &&
    (skill === undefined || skill === labels.skill) &&
    (quest === undefined || quest === labels.quest) &&
    (actor === undefined || actor === labels.actor)
  );
}

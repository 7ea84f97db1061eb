import type { HistoryEvent, RecordedScope } from './event.ts';

/** What the database itself kept: read once, when everything has ended. Times are epoch milliseconds of its clock. */
export interface Testimony {
  tasks: readonly WitnessedTask[];
  events: readonly WitnessedEvent[];
  pauses: readonly WitnessedPause[];
  audit: readonly WitnessedAudit[];
  alerts: readonly WitnessedAlert[];
  /** Rows that cannot be, at the end. */
  impossible: number;
}

export interface WitnessedTask {
  id: string;
  status: string;
  repo: string | null;
  agent: string | null;
  skill: string | null;
  quest: string | null;
  actor: string | null;
  priority: number;
  key: string | null;
  attempt: number;
}
export interface WitnessedEvent {
  id: number;
  task: string;
  run: string | null;
  kind: string;
  by: string;
  /** When its transaction began, and when it committed. */
  at: number;
  committedAt: number;
  data: Record<string, unknown> | null;
}
export interface WitnessedPause {
  id: string;
  kind: RecordedScope['kind'];
  value: string;
  also?: RecordedScope['also'] | null;
  by: string;
  reason: string;
  source: string;
  ttlSeconds: number | null;
  pausedAt: number;
  clearedAt: number | null;
  clearedBy: string | null;
}
export interface WitnessedAudit {
  id: number;
  by: string;
  action: string;
  subjectKind: string;
  subject: string;
  why: string | null;
  at: number;
  committedAt: number;
}
export interface WitnessedAlert {
  id: string;
  actor: string | null;
  severity: string;
  createdAt: number;
  ackAt: number | null;
  key: string | null;
}

/** How far the server's clock is ahead of this machine's monotonic one, in milliseconds, and how wrong that may be. */
export interface ClockOffset {
  ms: number;
  errorMs: number;
}

/**
 * Everything that is known of a run: what its processes wrote down, in the order of the clock, and what the database
 * kept.
 */
export interface History {
  events: readonly HistoryEvent[];
  testimony: Testimony;
  /** From `t` of the events to the times of the testimony. */
  clock: ClockOffset;
  leaseSeconds: number;
  /** Whether every accepted task was given the time to end, with no fault and no pause left. */
  drained: boolean;
}

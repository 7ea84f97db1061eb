import type { Labels, PauseThen, ScopeKind } from '@orchestra/pause-core';
import type { TaskStatus } from '../contract/index.ts';

/**
 * Everything that decides whether a task may start, as one snapshot of the database had it. Instants are RFC 3339 in
 * UTC.
 */
export interface TaskFacts {
  taskId: string;
  status: TaskStatus;
  /** The database's clock. */
  at: string;
  createdAt: string;
  nextEligibleAt: string;
  /** Put off for a pause: eligible as soon as no pause covers it, whatever `nextEligibleAt` says. */
  deferred: boolean;
  agentId: string | null;
  skill: string | null;
  attempts: { used: number; max: number; crashes: number; crashesMax: number };
  /** Runs in a row that a passing disturbance has stopped. They use no attempt. */
  disturbances: number;
  /** null: it is not parked */
  parked: { at: string; by: string; reason: string } | null;
  /** Asked and not answered; null: no question is open. */
  question: { at: string; text: string } | null;
  /** null: it is not held by its environment */
  held: { at: string | null; says: string | null; fix: string | null } | null;
  /** null: it is not running */
  run: {
    id: string;
    worker: string | null;
    host: string | null;
    startedAt: string | null;
    claimedAhead: boolean;
  } | null;
  /** How the last run ended, of a task that has ended; null: no event tells. */
  ended: { at: string; error: string | null } | null;
  /** Those that hold it: not the one that lets it through as its probe. As they are named, first one first. */
  pauses: PauseOverTask[];
  /** null: it has no repo, or the serial gate does not hold for that one */
  gate: GateOfTask | null;
  /** Tasks that may start now and stand in front of it, counted up to one beyond the limit. */
  ahead: number;
  workers: {
    /** Workers that take its labels and have asked for tasks lately, or run some. */
    there: number;
    /** When one of them last asked; null: none did within a day. */
    lastSeenAt: string | null;
  };
  /** Its stage is kept for a runner: ordinary workers pass it over. */
  keptForRunner: boolean;
}

export interface PauseOverTask {
  id: string;
  scopeKind: ScopeKind;
  scopeValue: string;
  also: Labels | null;
  by: string;
  reason: string;
  since: string;
  /** When it lets go by itself; null: it does not. */
  endsAt: string | null;
  /** When its time is over, whatever follows; null: until somebody clears it. */
  overAt: string | null;
  endsAs: PauseThen;
  stays: boolean;
  probes: boolean;
  probeTaskId: string | null;
  /**
   * Tasks in front of it, for the same workers, that could start were this pause alone cleared; counted up to one
   * beyond the limit. null: not counted.
   */
  aheadIfCleared: number | null;
}

export interface GateOfTask {
  repo: string;
  frozen: { at: string; by: string; reason: string } | null;
  inProgress: number;
  maxInProgress: number;
  /** The first that has the gate; null: none has, or they are parked by now. */
  holder: {
    taskId: string;
    runId: string | null;
    worker: string | null;
    host: string | null;
    status: TaskStatus;
    since: string | null;
  } | null;
  /** The first in line. */
  headId: string | null;
  /** Tasks that stand before it in the repo's line, counted up to 1,001. */
  before: number;
}

import type { Scope, TaskLabels } from '@orchestra/pause-core';

/** What one order of steps came to. Times are ticks of its clock. */
export interface OrderLog {
  claims: LoggedClaim[];
  pauses: LoggedPause[];
  clears: LoggedClear[];
  /** Endings, questions and heartbeats of a run, each with whether the caller was told that it counted. */
  tellings: LoggedTelling[];
  /** Errors that no promise allows. */
  errors: string[];
}

export interface LoggedClaim {
  by: string;
  /** Its first statement was let go. */
  from: number;
  /** Its last statement had ended. */
  to: number;
  /** Its commit was let go: from here on others see its tasks claimed. */
  commitFrom: number;
  tasks: { id: string; run: string; labels: TaskLabels }[];
}

export interface LoggedPause {
  id: string;
  scope: Scope;
  committedAt: number;
  /** When it was called settled; undefined: it was not. */
  settledAt: number | undefined;
}

export interface LoggedClear {
  target: Scope | { id: string };
  from: number;
}

export interface LoggedTelling {
  what: 'completed' | 'failed' | 'released' | 'heartbeat';
  task: string;
  run: string;
  counted: boolean;
}

export function emptyLog(): OrderLog {
  return { claims: [], pauses: [], clears: [], tellings: [], errors: [] };
}

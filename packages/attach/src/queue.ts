import type { LabelKind } from '@orchestra/pause-core';

/** What a column has to be. */
export type Condition = { column: string; is: 'null' | 'not null' } | { column: string; in: readonly string[] };

/** Where a label of a job is: in a column, or under a key of a column that holds JSON. */
export interface LabelPlace {
  column: string;
  key?: string | undefined;
}

export const ENGINES = ['graphile-worker', 'pg-boss', 'dbos', 'table'] as const;

export type Engine = (typeof ENGINES)[number];

/** A queue of somebody else's, as plain data: everything that the SQL is built from. */
export interface QueueDescription {
  engine: Engine;
  schema: string;
  table: string;
  /** The column that tells jobs apart. */
  id: string;
  /** All have to be true of a job that no worker has. */
  waiting: readonly Condition[];
  /** All have to be true of a job that a worker has. */
  running: readonly Condition[];
  /** Of the jobs that wait, those that may ever be claimed. */
  alive: readonly Condition[];
  labels: Readonly<Record<LabelKind, readonly LabelPlace[]>>;
  /** A table of task names, where a job has only the number of its task. The name is a skill of the job. */
  taskNames?: { column: string; table: string; id: string; name: string } | undefined;
  /**
   * A regular expression that the text of every claim matches. The policy lets all other statements pass, so that a
   * covered job can be changed and cancelled. undefined: the policy holds for every UPDATE and SELECT FOR UPDATE.
   */
  claimText?: string | undefined;
  /**
   * Columns that jobs have in common which one claim has taken at once. Of these one is counted in flight, and the
   * others claimed ahead: the engine does not tell which of them have begun. Absent: a claim takes one job.
   */
  claimGroup?: readonly string[] | undefined;
  /** When a job was claimed last; `epochMs`: in milliseconds since 1970. */
  claimedAt?: { column: string; epochMs?: boolean } | undefined;
  /**
   * `old`: a claim may read an older snapshot (REPEATABLE READ), so a pause waits until no such snapshot is left.
   * Absent: such a claim is refused.
   */
  snapshots?: 'old' | undefined;
  /** What makes the engine look for jobs again. */
  wake?: { channel: string; payload: string } | undefined;
  /** Its objects know pauses of the fleet and of several labels. Absent: an earlier version has attached it. */
  knowsFleet?: true | undefined;
  /** A table of serial queues that the claim locks together with a job. */
  serialQueues?: { table: string; id: string; lockedAt: string; lockedBy: string; ofJob: string } | undefined;
}

const NAME = /^[a-z][a-z0-9-]{0,29}$/;

/** Whether an attachment may be called so: its objects in the database get this name, so it is short and plain. */
export function isAttachmentName(name: string): boolean {
  return NAME.test(name);
}

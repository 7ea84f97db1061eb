import type { Database, Queryable } from '@orchestra/database';
import { buildAttach, type Step } from './build-attach.ts';
import { refuseTakenName } from './elsewhere.ts';
import { AttachError } from './errors.ts';
import { inShortLocks } from './in-short-locks.ts';
import { readHome } from './home.ts';
import { inHome } from './objects.ts';
import { isAttachmentName, type QueueDescription } from './queue.ts';
import { readQueueState, readQueueTables, type QueueState } from './queue-state.ts';
import { tableName } from './quote.ts';

export interface Attached {
  name: string;
  /** What was done, or would be. */
  steps: Step[];
  /** What the person who attaches should know; the queue is attached all the same. */
  notes: string[];
}

/**
 * Puts the brake into the claim of this queue: all of it in one transaction, or nothing.
 *
 * @param onWait told what it waits for
 * @throws AttachError
 */
export async function attach(
  db: Database,
  name: string,
  queue: QueueDescription,
  onWait: (words: string) => void = () => {},
): Promise<Attached> {
  const home = await refuseAtHome(db, name);
  return inShortLocks(
    db,
    [inHome(home, 'senate_pause'), ...(await lockedTables(db, queue))],
    async (tx) => {
      const planned = await plan(tx, name, queue);
      return { steps: planned.steps, answer: planned };
    },
    onWait,
  );
}

/** The same statements, and nothing is changed. */
export async function planAttach(db: Queryable, name: string, queue: QueueDescription): Promise<Attached> {
  await refuseAtHome(db, name);
  return plan(db, name, queue);
}

/** What attaches the queue, as the tables are now. */
export async function plan(db: Queryable, name: string, queue: QueueDescription): Promise<Attached> {
  const state = await readQueueState(db, queue);
  if (queue.wake !== undefined && !state.ownsPauses) {
    throw new AttachError(
      'rights_missing',
      'to wake the engine after a pause a trigger is put on senate_pause, and only its owner can take that ' +
        "away again: connect as a role that owns both the queue and Orchestra's tables, or as a superuser",
    );
  }
  return { name, steps: buildAttach(name, queue, state), notes: notesOn(queue, state) };
}

function notesOn(queue: QueueDescription, state: QueueState): string[] {
  if (!state.isPartitioned || state.isSuperuser) return [];
  return [
    'only a superuser can have new partitions braked as they come: after a new partition of ' +
      `${queue.schema}.${queue.table}, remove and attach again. Until then paused jobs in it are held all ` +
      'the same, and jobs behind them wait',
  ];
}

/** The tables that are locked for a moment. */
export async function lockedTables(db: Queryable, queue: QueueDescription): Promise<string[]> {
  const { tables } = await readQueueTables(db, queue);
  return [
    ...tables.map(tableName),
    ...(queue.serialQueues === undefined ? [] : [tableName({ schema: queue.schema, name: queue.serialQueues.table })]),
  ];
}

/** @throws AttachError `description_not_understood` */
function refuseName(name: string): void {
  if (!isAttachmentName(name))
    throw new AttachError(
      'description_not_understood',
      `"${name}" cannot be a name: small letters, digits and hyphens, 30 at most, and a letter first`,
    );
}

/**
 * What can be refused before the queue is looked at.
 *
 * @returns the schema of Orchestra's tables
 * @throws AttachError `description_not_understood`, `not_migrated`, `already_attached`
 */
export async function refuseAtHome(db: Queryable, name: string): Promise<string> {
  refuseName(name);
  const home = await readHome(db);
  await refuseTakenName(db, name);
  return home;
}

import { inTransaction, type Database } from '@orchestra/database';
import { pauseScope, unpauseScope, type Scope } from '@orchestra/pause-core';
import {
  claimTasks,
  completeRun,
  heartbeat,
  reapRuns,
  releaseRun,
  TaskError,
  type ClaimOrder,
} from '@orchestra/task-queue';
import type { LoggedTelling, OrderLog } from './log.ts';
import type { OrderClock, Turns } from './turns.ts';

/** What an actor has: a database in which its statements wait for their turns, and the order's log. */
export interface Stage {
  db: Database;
  turns: Turns;
  clock: OrderClock;
  log: OrderLog;
}

/** For everything here that is given one: nobody is silent for so long while an order runs. */
export const LEASE_SECONDS = 60;
const SETTLE_TIMEOUT_MS = 30_000;

/** Claims, and commits in a step of its own. */
export async function claim(
  { db, turns, clock, log }: Stage,
  order: Partial<ClaimOrder> = {},
): Promise<{ id: string; run: string } | undefined> {
  const before = turns.taken.length;
  const tasks = await inTransaction(db, (tx) => claimTasks(tx, { worker: turns.name, limit: 10, ...order }));
  const steps = turns.taken.slice(before);
  const claimed = tasks.map((task) => ({
    id: task.id,
    run: task.run_id,
    labels: { agentId: task.agent_id, skill: task.skill, questId: task.quest_id, actorId: task.actor_id },
  }));
  log.claims.push({
    by: turns.name,
    from: steps[0]?.at ?? 0,
    to: steps.at(-2)?.endedAt ?? clock.now(),
    commitFrom: steps.at(-1)?.at ?? clock.now(),
    tasks: claimed,
  });
  return claimed[0];
}

export async function pause(
  { db, turns, clock, log }: Stage,
  scope: Scope,
  ttlSeconds: number | null = null,
): Promise<string> {
  const answer = await pauseScope(
    db,
    { scope, reason: 'stepped', ttlSeconds, by: turns.name, source: 'person' },
    { settleTimeoutMs: SETTLE_TIMEOUT_MS },
  );
  const commit = turns.taken.find((turn) => turn.statement === 'commit');
  log.pauses.push({
    id: answer.pause.id,
    scope,
    committedAt: commit?.endedAt ?? clock.now(),
    settledAt: answer.settled ? clock.now() : undefined,
  });
  return answer.pause.id;
}

export async function clear({ db, turns, clock, log }: Stage, target: Scope | { id: string }): Promise<void> {
  const before = turns.taken.length;
  await unpauseScope(db, { target, by: turns.name });
  log.clears.push({ target, from: turns.taken[before]?.at ?? clock.now() });
}

/** @returns how many runs were taken away */
export function reap({ db }: Stage): Promise<number> {
  return inTransaction(db, (tx) => reapRuns(tx, LEASE_SECONDS));
}

export interface Owned {
  id: string;
  run: string;
}

/**
 * Tells of a run what its owner has to say, in a transaction whose commit is a step of its own. A refusal is an answer.
 */
export async function tell({ db, log }: Stage, what: LoggedTelling['what'], { id, run }: Owned): Promise<void> {
  const counted = await inTransaction(db, async (tx) => {
    switch (what) {
      case 'completed':
        await completeRun(tx, id, run, 'done');
        break;
      case 'released':
        await releaseRun(tx, id, run, { cause: 'shutdown' });
        break;
      case 'heartbeat':
        await heartbeat(tx, id, run);
        break;
      case 'failed':
        throw new Error('no scenario fails a run');
    }
    return true;
  }).catch((error: unknown) => {
    if (error instanceof TaskError && error.code === 'run_not_owner') return false;
    throw error;
  });
  log.tellings.push({ what, task: id, run, counted });
}

import { inTransaction, readJson, type Database } from '@orchestra/database';
import type { ClaimedTask, Ending, EndingAnswer } from '../contract/index.ts';
import { ClaimWays } from '../claim-ways.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { claimTasks, waitsForGates, type ClaimOrder } from './claim-tasks.ts';
import { endRuns } from './end-runs.ts';

/** What a worker brings and wants; either may be absent. */
export interface Turn {
  endings?: readonly Ending[];
  claim?: ClaimOrder | undefined;
}

export interface TurnAnswer {
  /** The claimed tasks in their order, as the JSON text of an array; `[]` where there are none. It can be passed through as it is. */
  tasks: string;
  claimed: number;
  /** One answer for each ending, in their order. */
  ended: EndingAnswer[];
}

/**
 * Ends runs, then claims. The claim is a statement of its own, with a snapshot of its own (P1); what ends before it frees gates and
 * places for it. Both are committed when this resolves.
 *
 * @param ways remembers how to begin a claim; share one between all claims of a process
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 */
export async function turn(db: Database, { endings = [], claim }: Turn, ways: ClaimWays = new ClaimWays(), rules: StageRules = DEFAULT_STAGE_RULES): Promise<TurnAnswer> {
  if (claim === undefined) return { tasks: '[]', claimed: 0, ended: await endRuns(db, endings, rules) };
  if (endings.length === 0) return asAnswer(await claimTasks(db, claim, ways), []);
  if (waitsForGates(claim)) {
    const ended = await endRuns(db, endings, rules);
    return asAnswer(await claimTasks(db, claim, ways), ended);
  }
  return inTransaction(db, async (tx) => {
    const ended = await endRuns(tx, endings, rules);
    return asAnswer(await claimTasks(tx, claim, ways), ended);
  });
}

/** The tasks of a {@link TurnAnswer}, for who has to look into them. */
export function tasksOf({ tasks }: Pick<TurnAnswer, 'tasks'>): ClaimedTask[] {
  return readJson(tasks) as ClaimedTask[]; // written by `turn`
}

function asAnswer(tasks: readonly ClaimedTask[], ended: EndingAnswer[]): TurnAnswer {
  return { tasks: JSON.stringify(tasks), claimed: tasks.length, ended };
}

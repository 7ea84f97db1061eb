import type { Database } from '@orchestra/database';
import { ClaimStrategyCache } from '../turn/claim-strategy.ts';
import type { ClaimedTask, Ending, RunFinishResult } from '../contract/index.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { waitsForGates, type ClaimOrder } from '../turn/claim-order.ts';
import { readTasks } from '../turn/read-tasks.ts';
import { answerFinished } from '../turn/answer-finished.ts';
import { finishRuns } from '../runs/finish-runs.ts';
import { explainNotOwner } from '../turn/not-owner.ts';
import { searchSteps } from '../turn/search-steps.ts';
import { TaskSearch } from '../turn/task-search.ts';

/** What a worker brings and wants; either may be absent. */
export interface Turn {
  endings?: readonly Ending[];
  claim?: ClaimOrder | undefined;
}

export interface TurnAnswer {
  /**
   * The claimed tasks in their order, as the JSON text of an array; `[]` where there are none. It can be passed through
   * as it is.
   */
  tasks: string;
  claimed: number;
  /** One answer for each ending, in their order. */
  ended: RunFinishResult[];
}

/**
 * Ends runs, then claims; by one call to the database, with one commit, where the first look finds enough. The claim
 * stays a statement of its own, with a snapshot of its own (P1); what ends before it frees gates and places for it.
 * Both are committed when this resolves.
 *
 * @param ways remembers how to begin a claim; share one between all claims of a process
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 */
export async function turn(
  db: Database,
  { endings = [], claim }: Turn,
  ways: ClaimStrategyCache = new ClaimStrategyCache(),
  rules: StageRules = DEFAULT_STAGE_RULES,
): Promise<TurnAnswer> {
  if (claim === undefined) return { tasks: '[]', claimed: 0, ended: await finishRuns(db, endings, rules) };
  const search = new TaskSearch(claim, ways);
  const steps = searchSteps(db, claim);
  // Not behind endings, which hold gates and lanes (docs/locking.md).
  const apart = waitsForGates(claim) && endings.length > 0;
  const accepted = apart || endings.length === 0 ? undefined : await search.look(steps, endings, rules);
  const ended =
    accepted === undefined
      ? await finishRuns(db, endings, rules)
      : await answerFinished((runs) => explainNotOwner(db, runs), endings, accepted, {
          isCommitted: search.claimed > 0 || accepted.length > 0,
        });
  await search.goOn(steps);
  return { tasks: search.tasks, claimed: search.claimed, ended };
}

/** The tasks of a {@link TurnAnswer}, for who has to look into them. */
export function tasksOf({ tasks }: Pick<TurnAnswer, 'tasks'>): ClaimedTask[] {
  return readTasks(tasks);
}

import type { Database } from '@orchestra/database';
import { ClaimWays } from '../claim-ways.ts';
import type { ClaimedTask, Ending, EndingAnswer } from '../contract/index.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { waitsForGates, type ClaimOrder } from './claim-order.ts';
import { readTasks } from './read-tasks.ts';
import { answerEndings } from './answer-endings.ts';
import { endRuns } from './end-runs.ts';
import { whyNotOwner } from './refuse-run.ts';
import { searchSteps } from './search-steps.ts';
import { TaskSearch } from './task-search.ts';

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
  ended: EndingAnswer[];
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
  ways: ClaimWays = new ClaimWays(),
  rules: StageRules = DEFAULT_STAGE_RULES,
): Promise<TurnAnswer> {
  if (claim === undefined) return { tasks: '[]', claimed: 0, ended: await endRuns(db, endings, rules) };
  const search = new TaskSearch(claim, ways);
  const steps = searchSteps(db, claim);
  // Not behind endings, which hold gates and lanes (docs/locking.md).
  const apart = waitsForGates(claim) && endings.length > 0;
  const accepted = apart || endings.length === 0 ? undefined : await search.look(steps, endings, rules);
  const ended =
    accepted === undefined
      ? await endRuns(db, endings, rules)
      : await answerEndings((runs) => whyNotOwner(db, runs), endings, accepted, {
          isCommitted: search.claimed > 0 || accepted.length > 0,
        });
  await search.goOn(steps);
  return { tasks: search.tasks, claimed: search.claimed, ended };
}

/** The tasks of a {@link TurnAnswer}, for who has to look into them. */
export function tasksOf({ tasks }: Pick<TurnAnswer, 'tasks'>): ClaimedTask[] {
  return readTasks(tasks);
}

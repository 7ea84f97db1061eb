import { isTransaction, type Queryable } from '@orchestra/database';
import type { Ending, RunFinishResult } from '../contract/index.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { answerFinished } from '../turn/answer-finished.ts';
import { callTurn } from '../turn/call-turn.ts';
import { explainNotOwner } from '../turn/not-owner.ts';

/**
 * Ends runs on behalf of their owners, each as it asks for. One that is refused (P10) changes nothing for the others,
 * and one that an earlier call has brought already answers what it did then.
 *
 * Inside a transaction nothing of it is true before the commit.
 *
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 * @returns an answer for each ending, in their order
 */
export async function finishRuns(
  db: Queryable,
  endings: readonly Ending[],
  rules: StageRules = DEFAULT_STAGE_RULES,
): Promise<RunFinishResult[]> {
  if (endings.length === 0) return [];
  const { ended } = await callTurn(db, { endings, rules });
  const rows = ended ?? [];
  return answerFinished((runs) => explainNotOwner(db, runs), endings, rows, {
    isCommitted: rows.length > 0 && !isTransaction(db),
  });
}

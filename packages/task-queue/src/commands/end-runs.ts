import { isTransaction, type Queryable } from '@orchestra/database';
import type { Ending, EndingAnswer } from '../contract/index.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { answerEndings } from './answer-endings.ts';
import { callTurn } from './call-turn.ts';
import { whyNotOwner } from './refuse-run.ts';

/**
 * Ends runs on behalf of their owners, each as it asks for. One that is refused (P10) changes nothing for the others,
 * and one that an earlier call has brought already answers what it did then.
 *
 * Inside a transaction nothing of it is true before the commit.
 *
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 * @returns an answer for each ending, in their order
 */
export async function endRuns(
  db: Queryable,
  endings: readonly Ending[],
  rules: StageRules = DEFAULT_STAGE_RULES,
): Promise<EndingAnswer[]> {
  if (endings.length === 0) return [];
  const { ended } = await callTurn(db, { endings, rules });
  const rows = ended ?? [];
  return answerEndings((runs) => whyNotOwner(db, runs), endings, rows, {
    isCommitted: rows.length > 0 && !isTransaction(db),
  });
}

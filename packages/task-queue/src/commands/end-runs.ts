import { isTransaction, readInstant, type Queryable } from '@orchestra/database';
import type { Ending, EndingAnswer } from '../contract/index.ts';
import { DEFAULT_STAGE_RULES, type StageRules } from '../pipelines/stage-rules.ts';
import { callTurn, type EndedRow } from './call-turn.ts';
import { whyNotOwner } from './refuse-run.ts';

/**
 * Ends runs on behalf of their owners, each as it asks for. One that is refused (P10) changes nothing for the others, and one that
 * an earlier call has brought already answers what it did then.
 *
 * Inside a transaction nothing of it is true before the commit.
 *
 * @param rules where tasks with stages go, and how often a disturbance is tried again
 * @returns an answer for each ending, in their order
 */
export async function endRuns(db: Queryable, endings: readonly Ending[], rules: StageRules = DEFAULT_STAGE_RULES): Promise<EndingAnswer[]> {
  if (endings.length === 0) return [];
  const { ended } = await callTurn(db, { endings, rules });
  return answerEndings(db, endings, ended ?? []);
}

/**
 * An answer for each ending, where `rows` were accepted.
 *
 * @param options.isCommitted the rest of the answer is committed: that the reason for a refusal cannot be read must not hide it
 */
export async function answerEndings(db: Queryable, endings: readonly Ending[], rows: readonly EndedRow[], { isCommitted = rows.length > 0 && !isTransaction(db) } = {}): Promise<EndingAnswer[]> {
  const ended = new Map(rows.map((row) => [row.n, row]));
  const others = endings.flatMap((ending, index) => (ended.has(index + 1) ? [] : [ending]));
  const reasons = (await whyNotOwner(db, others).catch((error: unknown) => {
    if (!isCommitted) throw error;
    return others.map((): undefined => undefined);
  })).values();
  return endings.map((ending, index): EndingAnswer => {
    const { id, run_id } = ending;
    const row = ended.get(index + 1);
    if (row !== undefined) return { id, run_id, outcome: 'accepted', status: row.status, next_eligible_at: instant(row.next_eligible_at === null ? null : readInstant(row.next_eligible_at)), refused: null };
    const why = reasons.next().value;
    // A worker that never heard the answer asks again: the same ending of the same run is not refused.
    if (why?.ended?.as === ending.as) return { id, run_id, outcome: 'repeated', status: why.ended.status, next_eligible_at: instant(why.ended.nextEligibleAt), refused: null };
    return { id, run_id, outcome: 'refused', status: null, next_eligible_at: null, refused: { code: why?.code ?? 'run_not_owner', detail: why?.detail ?? `run ${run_id} is not this worker's any more; why could not be read. Drop what this run did and claim again` } };
  });
}

function instant(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}

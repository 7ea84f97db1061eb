import { readInstant } from '@orchestra/database/instants';
import type { Ending, RunFinishResult } from '../contract/index.ts';
import type { EndedRow } from './call-turn.ts';
import type { NotOwner } from './not-owner.ts';

/**
 * An answer for each ending, where `rows` were accepted.
 *
 * @param explainNotOwner tells of runs why they are not their workers' any more
 * @param options.isCommitted the rest of the answer is committed: that the reason for a refusal cannot be read must not
 *   hide it
 */
export async function answerFinished(
  explainNotOwner: (runs: readonly Ending[]) => Promise<NotOwner[]>,
  endings: readonly Ending[],
  rows: readonly EndedRow[],
  { isCommitted }: { isCommitted: boolean },
): Promise<RunFinishResult[]> {
  const ended = new Map(rows.map((row) => [row.n, row]));
  const others = endings.flatMap((ending, index) => (ended.has(index + 1) ? [] : [ending]));
  const reasons = (
    await explainNotOwner(others).catch((error: unknown) => {
      if (!isCommitted) throw error;
      return others.map((): undefined => undefined);
    })
  ).values();
  return endings.map((ending, index): RunFinishResult => {
    const { id, run_id } = ending;
    const row = ended.get(index + 1);
    if (row !== undefined)
      return {
        id,
        run_id,
        outcome: 'accepted',
        status: row.status,
        next_eligible_at: instant(row.next_eligible_at === null ? null : readInstant(row.next_eligible_at)),
        refused: null,
      };
    const why = reasons.next().value;
    // A worker that never heard the answer asks again: the same ending of the same run is not refused.
    if (why?.ended?.as === ending.as)
      return {
        id,
        run_id,
        outcome: 'repeated',
        status: why.ended.status,
        next_eligible_at: instant(why.ended.nextEligibleAt),
        refused: null,
      };
    return {
      id,
      run_id,
      outcome: 'refused',
      status: null,
      next_eligible_at: null,
      refused: {
        code: why?.code ?? 'run_not_owner',
        detail:
          why?.detail ??
          `run ${run_id} is not this worker's any more; why could not be read. Drop what this run did and claim again`,
      },
    };
  });
}

function instant(at: Date | null): string | null {
  return at?.toISOString() ?? null;
}

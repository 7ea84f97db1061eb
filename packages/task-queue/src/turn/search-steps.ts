import { isTransaction, type Queryable } from '@orchestra/database';
import { keptAndAllowed } from '../pipelines/runner-reservations.ts';
import { callTurn } from './call-turn.ts';
import type { ClaimOrder } from './claim-order.ts';
import { admitDueTasks } from '../lanes/admit-due-tasks.ts';
import { advanceNearestHeads } from '../lanes/advance-heads.ts';
import type { SearchSteps } from './task-search.ts';

/** The calls of a search for who may use the tables. */
export function searchSteps(db: Queryable, order: ClaimOrder): SearchSteps {
  const { agents, skills, gatedRepos, keptForRunners } = order;
  return {
    look: (look, endings, rules) => callTurn(db, { endings, rules, look }),
    admitDueTasks: () => admitDueTasks(db, false),
    advanceNearestHeads: (lanes) =>
      advanceNearestHeads(db, {
        agents,
        skills,
        lanes,
        gatedRepos: gatedRepos ?? null,
        kept: keptAndAllowed(keptForRunners, order),
      }),
    isTransaction: isTransaction(db),
  };
}

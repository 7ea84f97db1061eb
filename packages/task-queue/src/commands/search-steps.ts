import { isTransaction, type Queryable } from '@orchestra/database';
import { keptAndAllowed } from '../runner-switches.ts';
import { callTurn } from './call-turn.ts';
import type { ClaimOrder } from './claim-order.ts';
import { lineUpDue } from './line-up-due.ts';
import { raiseNearHeads } from './raise-heads.ts';
import type { SearchSteps } from './task-search.ts';

/** The calls of a search for who may use the tables. */
export function searchSteps(db: Queryable, order: ClaimOrder): SearchSteps {
  const { agents, skills, gatedRepos, keptForRunners } = order;
  return {
    look: (look, endings, rules) => callTurn(db, { endings, rules, look }),
    lineUpDue: () => lineUpDue(db, false),
    raiseNearHeads: (lanes) =>
      raiseNearHeads(db, {
        agents,
        skills,
        lanes,
        gatedRepos: gatedRepos ?? null,
        kept: keptAndAllowed(keptForRunners, order),
      }),
    isTransaction: isTransaction(db),
  };
}

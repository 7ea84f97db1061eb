import type { Queryable } from '@orchestra/database';
import { withClaimDatabase } from '../claim-database.ts';
import { burstRate, CLAIMERS, tasksTaken, type Claim } from '../claimers.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Finding, Measure } from '../measure.ts';
import { interleave } from '../rounds.ts';
import { withUpkeep } from '../upkeep.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'settle';
const AGENTS = 20;
const SPARE = 10_000;

/** The same claims with and without the mark by which a pause sees them at work; nothing else differs. */
export const settle: Measure = {
  name: NAME,
  title: 'claims/s with the settle’s mechanism in place, over the same without',
  steps: ({ rounds }) => 1 + CLAIMERS.length * (rounds + 1),
  run: (bench) =>
    withClaimDatabase(bench, NAME, async ({ url, db, claims, freshClaim }) => {
      const size = bench.quick ? { parts: 3, claims: 150 } : { parts: 6, claims: 250 };
      bench.step(`${NAME}: filling the queue`);
      await loadTasks(db, {
        count: 2 * tasksTaken({ rounds: bench.rounds, ...size }) + SPARE,
        agent: `'agent-' || n % ${AGENTS}`,
      });
      await comeToRest(db);
      await makeBareTurn(db);
      const bare = withoutMark(claims);
      return withUpkeep(url, async () => {
        const findings: Finding[] = [];
        for (const claimers of CLAIMERS) {
          const rate = (over: Queryable, claim: Claim): Promise<number> =>
            burstRate(db, { db: over, claim, claimers, claims: size.claims });
          const figures = await interleave(
            {
              rounds: bench.rounds,
              parts: size.parts,
              beforeRound: (round) => bench.step(roundName(NAME, counted(claimers, 'claimer'), round)),
            },
            new Map([
              ['with', () => rate(claims, freshClaim())],
              ['without', () => rate(bare, freshClaim())],
            ]),
          );
          const rounds = ratios(figures('with'), figures('without'));
          findings.push({
            measure: NAME,
            what: counted(claimers, 'claimer'),
            target: { atLeast: 0.95 },
            reached: median(rounds),
            rounds,
            detail: `${figure(median(figures('with')))} over ${figure(median(figures('without')))} claims/s`,
          });
        }
        return { findings };
      });
    }),
};

// The text in the claim's statement, a part of the function that ends runs and claims.
const MARK = 'where not exists (select from claim_marker)';
const TURN = 'orchestra_turn';
const BARE = 'orchestra_turn_bare';

/** Makes the same function without its mark. @throws Error where it has none to lose */
async function makeBareTurn(db: Queryable): Promise<void> {
  const {
    rows: [row],
  } = await db.query<{ source: string }>('select pg_get_functiondef($1::regproc) as source', [TURN]);
  const source = row?.source ?? '';
  if (!source.includes(MARK)) throw new Error(`${TURN} does not name claim_marker as this measure knows it`);
  await db.query(source.replace(MARK, '').replaceAll(`${TURN}(`, `${BARE}(`).replaceAll(`${TURN}.`, `${BARE}.`));
}

interface Statement {
  name: string;
  text: string;
  values: unknown[];
}

/** The same connections; what passes calls the function without the mark. @throws Error for a call of any other */
function withoutMark(claims: Queryable): Queryable {
  const query = async (statement: Statement): Promise<unknown> => {
    if (!statement.text.includes(`${TURN}(`))
      throw new Error(`${statement.name} is not the call that this measure knows`);
    return claims.query({
      ...statement,
      name: `${statement.name}-bare`,
      text: statement.text.replace(`${TURN}(`, `${BARE}(`),
    });
  };
  return new Proxy(claims, { get: (target, key) => (key === 'query' ? query : Reflect.get(target, key)) });
}

import { withClaimDatabase } from '../claim-database.ts';
import { burstRate, CLAIMERS, tasksTaken, type Claim } from '../claimers.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Curve, Finding, Measure } from '../measure.ts';
import { interleave } from '../rounds.ts';
import { withUpkeep } from '../upkeep.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'label-sets';
const WAITING = [
  { sets: 20, atLeast: 0.9 },
  { sets: 200, atLeast: 0.9 },
  { sets: 2_000, atLeast: 0.9 },
] as const;
// So many tasks of each label set are left when all bursts have taken theirs.
const LEFT_OF_A_SET = 10;

/**
 * For each number of label sets a queue of its own in which tasks of all sets follow each other in turn. Nothing is
 * paused; the claim and the plain one take tasks from the same queue by turns.
 */
export const labelSets: Measure = {
  name: NAME,
  title: 'claims/s with many distinct label sets waiting, over plain',
  steps: ({ rounds }) => WAITING.length * (1 + CLAIMERS.length * (rounds + 1)),
  run: async (bench) => {
    const size = bench.quick ? { parts: 3, claims: 150 } : { parts: 4, claims: 250 };
    const findings: Finding[] = [];
    const curves = new Map<string, { x: number; y: number }[]>();
    for (const { sets, atLeast } of WAITING) {
      await withClaimDatabase(bench, `${NAME}-${sets}`, async ({ url, db, claims, freshClaim, plain }) => {
        bench.step(`${NAME}: filling the queue with ${sets} sets`);
        await loadTasks(db, {
          count: 2 * tasksTaken({ rounds: bench.rounds, ...size }) + sets * LEFT_OF_A_SET,
          agent: `'agent-' || n % ${sets} % 20`,
          quest: `'quest-' || n % ${sets} / 20`,
        });
        await comeToRest(db);
        await withUpkeep(url, async () => {
          for (const claimers of CLAIMERS) {
            const rate = (claim: Claim): Promise<number> =>
              burstRate(db, { db: claims, claim, claimers, claims: size.claims });
            const figures = await interleave(
              {
                rounds: bench.rounds,
                parts: size.parts,
                beforeRound: (round) =>
                  bench.step(roundName(NAME, `${sets} sets, ${counted(claimers, 'claimer')}`, round)),
              },
              new Map([
                ['ours', () => rate(freshClaim())],
                ['plain', () => rate(plain)],
              ]),
            );
            const rounds = ratios(figures('ours'), figures('plain'));
            findings.push({
              measure: NAME,
              what: `${figure(sets)} label sets, ${counted(claimers, 'claimer')}`,
              target: { atLeast },
              reached: median(rounds),
              rounds,
              detail: `${figure(median(figures('ours')))} over ${figure(median(figures('plain')))} claims/s`,
            });
            for (const [name, y] of [
              [counted(claimers, 'claimer'), median(figures('ours'))],
              [`plain, ${counted(claimers, 'claimer')}`, median(figures('plain'))],
            ] as const) {
              curves.set(name, [...(curves.get(name) ?? []), { x: sets, y }]);
            }
          }
        });
      });
    }
    const series: Curve['series'] = [...curves].map(([name, points]) => ({ name, points }));
    return {
      findings,
      curve: {
        name: 'claims-over-label-sets',
        title: 'Claims per second with many label sets waiting',
        xLabel: 'distinct label sets',
        yLabel: 'claims/s',
        series,
      },
    };
  },
};

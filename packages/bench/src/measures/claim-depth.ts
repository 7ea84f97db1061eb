import { withClaimDatabase } from '../claim-database.ts';
import { burstRate, CLAIMERS, tasksTaken, type Claim } from '../claimers.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Bench, Curve, Finding, Measure } from '../measure.ts';
import { agent, whilePaused } from '../paused-while.ts';
import { interleave } from '../rounds.ts';
import { withUpkeep } from '../upkeep.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'claim-depth';
const LANES_OF_AN_AGENT = 4;
const OPEN_AGENTS = 20;
// Besides what the bursts take, so that none of them comes to the end of the queue.
const SPARE = 10_000;

interface Size {
  /** How many tasks are paused: these for the curve, and of them those that the table names. */
  depths: readonly number[];
  inTable: readonly number[];
  /** In how many parts each round is measured, and how many claims long a part is. */
  parts: number;
  claims: number;
}
const FULL: Size = { depths: [100_000, 300_000, 1_000_000], inTable: [100_000, 1_000_000], parts: 4, claims: 250 };
const QUICK: Size = { depths: [10_000, 30_000, 100_000], inTable: [100_000], parts: 3, claims: 120 };

/**
 * One queue for everything that is compared. At its head stand the tasks of three agents, behind them those of twenty
 * that nobody pauses. What differs is only how many of the three are paused, from the moment before the claims begin,
 * so nothing has been moved or put off yet. Without a pause the claims take the tasks at the very head.
 */
export const claimDepth: Measure = {
  name: NAME,
  title: 'claims/s with paused tasks at the head, over none paused',
  steps: ({ rounds }) => 1 + CLAIMERS.length * (rounds + 1),
  run: (bench) =>
    withClaimDatabase(bench, NAME, async ({ url, db, claims, freshClaim, plain }) => {
      const size = bench.quick ? QUICK : FULL;
      bench.step(`${NAME}: filling the queue`);
      await fill(db, size, bench);
      return withUpkeep(url, async () => {
        const findings: Finding[] = [];
        const series: Curve['series'][number][] = [];
        for (const claimers of CLAIMERS) {
          const rate = (claim: Claim): Promise<number> =>
            burstRate(db, { db: claims, claim, claimers, claims: size.claims });
          const variants = new Map([
            ['none', () => rate(freshClaim())],
            ['plain', () => rate(plain)],
            ...size.depths.map((depth, index): [string, () => Promise<number>] => [
              `${depth}`,
              () => whilePaused(db, deepAgents(index + 1), () => rate(freshClaim())),
            ]),
          ]);
          const figures = await interleave(
            {
              rounds: bench.rounds,
              parts: size.parts,
              beforeRound: (round) => bench.step(roundName(NAME, counted(claimers, 'claimer'), round)),
            },
            variants,
          );
          const none = figures('none');
          const over = (what: string, measured: number[], reference: number[], target: Finding['target']): Finding => ({
            measure: NAME,
            what: `${what}, ${counted(claimers, 'claimer')}`,
            target,
            reached: median(ratios(measured, reference)),
            rounds: ratios(measured, reference),
            detail: `${figure(median(measured))} over ${figure(median(reference))} claims/s`,
          });
          for (const depth of size.inTable)
            findings.push(over(`${figure(depth)} paused`, figures(`${depth}`), none, { atLeast: 0.95 }));
          findings.push(over('none paused, over plain', none, figures('plain'), 'stated'));
          series.push({
            name: counted(claimers, 'claimer'),
            points: [
              { x: 0, y: median(none) },
              ...size.depths.map((depth) => ({ x: depth, y: median(figures(`${depth}`)) })),
            ],
          });
        }
        return {
          findings,
          curve: {
            name: 'claims-over-paused-tasks',
            title: 'Claims per second with paused tasks at the head of the queue',
            xLabel: 'paused tasks',
            yLabel: 'claims/s',
            series,
          },
        };
      });
    }),
};

async function fill(
  db: Parameters<typeof comeToRest>[0],
  { depths, parts, claims }: Size,
  { rounds }: Pick<Bench, 'rounds'>,
): Promise<void> {
  const perVariant = tasksTaken({ rounds, parts, claims });
  for (const [index, depth] of depths.entries()) {
    // Unpaused and plain claims take tasks from the head: so many more stand there, and as many as are named are always
    // left.
    const count = depth - (depths[index - 1] ?? 0) + (index === 0 ? 2 * perVariant : 0);
    await loadTasks(db, { count, agent: `'deep-${index}'`, quest: `'quest-' || n % ${LANES_OF_AN_AGENT}` });
  }
  await loadTasks(db, { count: depths.length * perVariant + SPARE, agent: `'open-' || n % ${OPEN_AGENTS}` });
  await comeToRest(db);
}

function deepAgents(count: number): ReturnType<typeof agent>[] {
  return Array.from({ length: count }, (_, index) => agent(`deep-${index}`));
}

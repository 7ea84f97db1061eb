import type { Database } from '@orchestra/database';
import { withClaimDatabase } from '../claim-database.ts';
import { BATCH, burst, CLAIMERS, type Claim } from '../claimers.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Finding, Measure } from '../measure.ts';
import { agent, whilePaused } from '../paused-while.ts';
import { interleave } from '../rounds.ts';
import { withUpkeep } from '../upkeep.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'claim-mixture';
// One task in so many is eligible.
const SHARES = [10, 100, 1_000] as const;
const LANES_OF_A_SHARE = 4;

/** The rarest eligible tasks are few: so many parts has a round, and in each of them half of those are claimed. */
interface Size {
  tasks: number;
  parts: number;
}
const FULL: Size = { tasks: 1_000_000, parts: 3 };
const QUICK: Size = { tasks: 400_000, parts: 3 };
const SHARE_CLAIMED = 0.5;

/**
 * One queue. Every thousandth task belongs to one agent, every hundredth of the rest to another, every tenth of the
 * rest to a third, and all others to `bulk`; all of them are mixed from head to tail. Three of the four are paused, so
 * that one in 10, 100 or 1,000 is eligible. The rarest run out after a short while: the claims are measured in bursts,
 * and between them the claimed tasks are put back in their places and the dead row versions of that are vacuumed, off
 * the clock.
 */
export const claimMixture: Measure = {
  name: NAME,
  title: 'claims/s with 1 eligible task among many paused ones, over none paused',
  steps: ({ rounds }) => 1 + CLAIMERS.length * (rounds + 1),
  run: (bench) =>
    withClaimDatabase(bench, NAME, async ({ url, db, claims, freshClaim, plain }) => {
      const size = bench.quick ? QUICK : FULL;
      bench.step(`${NAME}: filling the queue`);
      await loadTasks(db, {
        count: size.tasks,
        agent:
          "case when n % 1000 = 7 then 'one-in-1000' when n % 100 = 7 then 'one-in-100' when n % 10 = 7 then " +
          "'one-in-10' else 'bulk' end",
        quest: `'quest-' || (n / 1000) % ${LANES_OF_A_SHARE}`,
      });
      await comeToRest(db);
      return withUpkeep(url, async () => {
        const claimsOfABurst = Math.floor(((size.tasks / Math.max(...SHARES)) * SHARE_CLAIMED) / BATCH);
        const findings: Finding[] = [];
        for (const claimers of CLAIMERS) {
          const rate = async (claim: () => Claim): Promise<number> => {
            // A vacuum has every connection plan its statements again.
            await burst({ db: claims, claim: claim(), claimers, claims: claimers });
            const { claimsPerSecond } = await burst({ db: claims, claim: claim(), claimers, claims: claimsOfABurst });
            await putBack(db);
            return claimsPerSecond;
          };
          const variants = new Map([
            ['none', () => rate(freshClaim)],
            ['plain', () => rate(() => plain)],
            ...SHARES.map((share): [string, () => Promise<number>] => [
              `${share}`,
              () => whilePaused(db, allBut(share), () => rate(freshClaim)),
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
          for (const share of SHARES) {
            const rounds = ratios(figures(`${share}`), figures('none'));
            findings.push({
              measure: NAME,
              what: `1 in ${figure(share)} of ${figure(size.tasks)}, ${counted(claimers, 'claimer')}`,
              target: { atLeast: 0.8 },
              reached: median(rounds),
              rounds,
              detail:
                `${figure(median(figures(`${share}`)))} over ${figure(median(figures('none')))} claims/s; ` +
                `plain ${figure(median(figures('plain')))}`,
            });
          }
        }
        return { findings };
      });
    }),
};

function allBut(share: number): ReturnType<typeof agent>[] {
  return ['bulk', ...SHARES.filter((other) => other !== share).map((other) => `one-in-${other}`)].map(agent);
}

/** As a worker that hands its runs back: in their places, with no attempt used. */
async function putBack(db: Database): Promise<void> {
  await db.query(
    `update tasks t set status = 'queued', run_id = null, pid = null, started_at = null, heartbeat_at = null,
       attempt = 0,
            next_eligible_at = now(), deferred_by = null
      where t.status = 'running'`,
  );
  await db.query('vacuum (index_cleanup on) tasks');
}

import { inTransaction, type Database } from '@orchestra/database';
import { withClaimDatabase, type ClaimDatabase } from '../claim-database.ts';
import { burstRate, CLAIMERS, endRunning, tasksTaken, type Claim } from '../claimers.ts';
import { figure, median, ratios } from '../figures.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Bench, Finding, Measure } from '../measure.ts';
import { interleave } from '../rounds.ts';
import { withUpkeep } from '../upkeep.ts';
import { counted, roundName } from '../words.ts';

const NAME = 'old-snapshot';
const AGENTS = 20;
const SPARE = 10_000;
// A report or a dump has been running since before the tasks at the head were finished.
const HOLD_MS = 3_600_000;

/**
 * Two databases with the same queue. In one of them 200,000 more tasks stood at the head and were finished while
 * another transaction held an older snapshot, so none of their row versions and index entries can be cleaned up.
 */
export const oldSnapshot: Measure = {
  name: NAME,
  title: 'claims/s under an old snapshot with finished tasks at the head, over without',
  steps: ({ rounds }) => 2 + CLAIMERS.length * (rounds + 1),
  run: (bench) =>
    withClaimDatabase(bench, `${NAME}-before`, (before) =>
      withClaimDatabase(bench, `${NAME}-during`, async (during) => {
        const finished = bench.quick ? 50_000 : 200_000;
        const size = bench.quick ? { parts: 3, claims: 120 } : { parts: 4, claims: 250 };
        const left = 2 * tasksTaken({ rounds: bench.rounds, ...size }) + SPARE;
        bench.step(`${NAME}: filling the queues`);
        await loadTasks(before.db, { count: left, agent: `'agent-' || n % ${AGENTS}` });
        await loadTasks(during.db, { count: finished + left, agent: `'agent-' || n % ${AGENTS}` });
        for (const { db } of [before, during]) await comeToRest(db);
        return withUpkeep(before.url, () =>
          withUpkeep(during.url, () =>
            whileSnapshotHeld(during.db, async () => {
              bench.step(`${NAME}: finishing ${figure(finished)} tasks`);
              await finishFirst(during.db, finished);
              return { findings: await compare(bench, before, during, size, `${figure(finished)} finished`) };
            }),
          ),
        );
      }),
    ),
};

async function compare(
  bench: Bench,
  before: ClaimDatabase,
  during: ClaimDatabase,
  size: { parts: number; claims: number },
  head: string,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const claimers of CLAIMERS) {
    const rate = (on: ClaimDatabase, claim: Claim): Promise<number> =>
      burstRate(on.db, { db: on.claims, claim, claimers, claims: size.claims });
    const figures = await interleave(
      {
        rounds: bench.rounds,
        parts: size.parts,
        beforeRound: (round) => bench.step(roundName(NAME, counted(claimers, 'claimer'), round)),
      },
      new Map([
        ['before', () => rate(before, before.freshClaim())],
        ['during', () => rate(during, during.freshClaim())],
        ['plain before', () => rate(before, before.plain)],
        ['plain during', () => rate(during, during.plain)],
      ]),
    );
    const rounds = ratios(figures('during'), figures('before'));
    findings.push({
      measure: NAME,
      what: `${head}, ${counted(claimers, 'claimer')}`,
      target: { atLeast: 0.8 },
      reached: median(rounds),
      rounds,
      detail:
        `${figure(median(figures('during')))} over ${figure(median(figures('before')))} claims/s; plain ` +
        `${figure(median(figures('plain during')))} over ${figure(median(figures('plain before')))}`,
    });
  }
  return findings;
}

/** Claims and completes, in chunks, as workers would have, and leaves the same row versions behind. */
async function finishFirst(db: Database, count: number): Promise<void> {
  const chunk = 20_000;
  for (let done = 0; done < count; done += chunk) {
    await db.query(
      `update tasks t
          set status = 'running', run_id = gen_random_uuid(), worker_id = 'bench', started_at = clock_timestamp(),
            heartbeat_at = clock_timestamp(), attempt = 1
         from (select f.id from tasks f where f.status = 'queued' order by f.priority, f.place limit $1) f
        where t.id = f.id`,
      [chunk],
    );
    await endRunning(db);
  }
}

async function whileSnapshotHeld<T>(db: Database, work: () => Promise<T>): Promise<T> {
  return inTransaction(db, async (tx) => {
    // Held open by design, for as long as the measure takes.
    await tx.query(`set local idle_in_transaction_session_timeout = ${HOLD_MS}`);
    await tx.query('set transaction isolation level repeatable read');
    await tx.query('select count(*) from task_lanes');
    return work();
  });
}

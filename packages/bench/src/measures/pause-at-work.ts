import { setTimeout as delay } from 'node:timers/promises';
import { inTransaction, type Database } from '@orchestra/database';
import { insertPause, pauseScope, unpauseScope } from '@orchestra/pause-core';
import { pauseWithReceipt } from '@orchestra/task-queue';
import { withClaimDatabase, type ClaimDatabase } from '../claim-database.ts';
import { burst } from '../claimers.ts';
import { figure, median, percentile, ratios } from '../figures.ts';
import { startFleet, type Fleet } from '../fleet.ts';
import { comeToRest, loadTasks } from '../load-tasks.ts';
import type { Finding, Measure } from '../measure.ts';
import { agent, whilePaused } from '../paused-while.ts';
import { withUpkeep } from '../upkeep.ts';
import { roundName } from '../words.ts';

const NAME = 'pause';
const CLAIMERS = 8;
const DEEP = agent('deep');
const ORDER = { scope: DEEP, reason: 'measured', ttlSeconds: null, by: 'bench', source: 'person' } as const;
// Between two pauses, so that each meets claimers at their usual pace.
const GAP_MS = 20;
const RATE_MS = 1_000;
const ORDER_CLAIMS = 50;
const TAKEN_OF_DEEP = 100_000;
const OPEN = 250_000;
// A round with calls that are far too slow has fewer of them, but never none.
const ROUND_MAX_MS = 15_000;

/** One round's samples, in milliseconds and claims per second. */
interface Round {
  bareMs: number[];
  visibleMs: number[];
  scopeMs: number[];
  settledMs: number[];
  claimMs: number[];
  firstMs: number[];
  before: number;
  after: number;
  /** Pauses that answered `settled: false`, after two seconds. */
  unsettled: number;
}

/**
 * Eight claimers take from a queue without a rest; beside them one scope with a million queued tasks is paused and let
 * go again and again.
 */
export const pauseAtWork: Measure = {
  name: NAME,
  title: 'pause and unpause of a scope with a million queued tasks, 8 claimers at work',
  steps: ({ rounds }) => 2 + rounds + 1,
  run: (bench) =>
    withClaimDatabase(bench, NAME, async (database) => {
      const { url, db, claims, freshClaim } = database;
      const deep = bench.quick ? 100_000 : 1_000_000;
      bench.step(`${NAME}: filling the queue`);
      await topUp(db, deep);
      await comeToRest(db);
      await db.query('create table bare (n int)');
      return withUpkeep(url, async () => {
        const fleet = startFleet({ db: claims, ends: db, claim: freshClaim(), claimers: CLAIMERS });
        const rounds: Round[] = [];
        try {
          for (let round = -1; round < bench.rounds; round++) {
            bench.step(roundName(NAME, `${CLAIMERS} claimers`, round));
            await topUp(db, deep);
            const measured = await measureRound(db, fleet, bench.quick ? 15 : 40);
            if (round >= 0) rounds.push(measured);
          }
        } finally {
          await fleet.stop();
        }
        bench.step(`${NAME}: the order after an unpause`);
        await topUp(db, deep);
        return { findings: [...findings(rounds, deep), await outOfPlace(database)] };
      });
    }),
};

/**
 * The claimers take some ten thousand tasks a second, of whichever kind is not paused: so many of both must stand there
 * for a round.
 */
async function topUp(db: Database, deep: number): Promise<void> {
  const {
    rows: [left],
  } = await db.query<{ deep: number; open: number }>(
    `select count(*) filter (where t.agent_id = $1)::int as deep, count(*) filter (where t.agent_id <> $1)::int as open
       from tasks t
      where t.status = 'queued'`,
    [DEEP.value],
  );
  await loadTasks(db, {
    count: Math.max(0, deep + TAKEN_OF_DEEP - (left?.deep ?? 0)),
    agent: `'${DEEP.value}'`,
    quest: "'quest-' || n % 4",
  });
  await loadTasks(db, { count: Math.max(0, OPEN - (left?.open ?? 0)), agent: "'open-' || n % 20" });
}

async function measureRound(db: Database, fleet: Fleet, samples: number): Promise<Round> {
  const round: Round = {
    bareMs: [],
    visibleMs: [],
    scopeMs: [],
    settledMs: [],
    claimMs: [],
    firstMs: [],
    before: 0,
    after: 0,
    unsettled: 0,
  };
  fleet.takeClaimsMs();
  round.before = await claimRate(fleet);
  const startedMs = performance.now();
  for (let sample = 0; sample < samples && (sample === 0 || performance.now() - startedMs < ROUND_MAX_MS); sample++) {
    round.bareMs.push(await timed(() => inTransaction(db, (tx) => tx.query('insert into bare (n) values (1)'))));
    await delay(GAP_MS);
    // The row is visible when its transaction has committed: the first thing that a pause does.
    round.visibleMs.push(await timed(() => inTransaction(db, (tx) => insertPause(tx, ORDER))));
    await delay(GAP_MS);
    await letGo(db);
    await delay(GAP_MS);
    round.scopeMs.push(await timed(() => pauseScope(db, ORDER)));
    await delay(GAP_MS);
    await letGo(db);
    await delay(GAP_MS);
    round.settledMs.push(
      await timed(async () => {
        const { settled } = await pauseWithReceipt(db, ORDER);
        if (!settled) round.unsettled += 1;
      }),
    );
    await delay(GAP_MS);
    const askedMs = performance.now();
    const first = fleet.firstClaimed((task) => task.agent_id === DEEP.value);
    await letGo(db);
    round.firstMs.push((await first) - askedMs);
    await delay(GAP_MS);
  }
  round.claimMs = fleet.takeClaimsMs();
  await pauseWithReceipt(db, ORDER);
  await delay(GAP_MS);
  await letGo(db);
  round.after = await claimRate(fleet);
  return round;
}

function findings(rounds: readonly Round[], deep: number): Finding[] {
  const row = (what: string, target: Finding['target'], figures: number[], detail: string): Finding => ({
    measure: NAME,
    what,
    target,
    reached: median(figures),
    rounds: figures,
    detail,
  });
  const compare = (
    measured: 'visibleMs' | 'scopeMs' | 'settledMs' | 'firstMs',
    over: 'bareMs' | 'claimMs',
    percent: number,
  ): [number[], string] => {
    const of = (kind: typeof measured | typeof over): number[] =>
      rounds.map((round) => percentile(round[kind], percent));
    return [
      ratios(of(measured), of(over)),
      `p${percent} ${figure(median(of(measured)))} over ${figure(median(of(over)))} ms`,
    ];
  };
  const tasks = `${figure(deep)} queued`;
  const unsettled = rounds.reduce((sum, round) => sum + round.unsettled, 0);
  return [
    row(`${tasks}: row visible, over a bare one-row commit, p50`, { atMost: 2 }, ...compare('visibleMs', 'bareMs', 50)),
    row(`${tasks}: call returns settled, over a claim, p50`, { atMost: 3 }, ...compare('settledMs', 'claimMs', 50)),
    row(`${tasks}: call returns settled, over a claim, p99`, { atMost: 3 }, ...compare('settledMs', 'claimMs', 99)),
    row(
      `${tasks}: of that the commit and the settle, without the receipt, over a claim, p50`,
      'stated',
      ...compare('scopeMs', 'claimMs', 50),
    ),
    row(
      `${tasks}: calls that gave up before they were settled`,
      { atMost: 0 },
      [unsettled],
      `of ${rounds.reduce((sum, round) => sum + round.settledMs.length, 0)}`,
    ),
    row(
      `${tasks}: unpause until a busy worker has one of its tasks, over a claim, p50`,
      { atMost: 5 },
      ...compare('firstMs', 'claimMs', 50),
    ),
    row(
      `${tasks}: claims/s in the second after the unpause, over before the pause`,
      { atLeast: 0.9 },
      rounds.map(({ before, after }) => after / before),
      `${figure(median(rounds.map((round) => round.after)))} over ` +
        `${figure(median(rounds.map((round) => round.before)))} claims/s`,
    ),
  ];
}

/** Pauses the scope once more, lets it go, and compares what one claimer then takes with the places. */
async function outOfPlace({
  db,
  claims,
  freshClaim,
}: Pick<ClaimDatabase, 'db' | 'claims' | 'freshClaim'>): Promise<Finding> {
  await whilePaused(db, [DEEP], () => burst({ db: claims, claim: freshClaim(), claimers: 1, claims: ORDER_CLAIMS }));
  const { rows } = await db.query<{ id: string }>(
    "select t.id from tasks t where t.status = 'queued' order by t.priority, t.place limit 100000",
  );
  const taken: string[] = [];
  await burst({
    db: claims,
    claim: freshClaim(),
    claimers: 1,
    claims: ORDER_CLAIMS,
    onClaimed: (tasks) => {
      taken.push(...tasks.map((task) => task.id));
    },
  });
  const wrong = taken.filter((id, index) => rows[index]?.id !== id).length;
  return {
    measure: NAME,
    what: 'tasks claimed out of their places after the unpause, 1 claimer',
    target: { atMost: 0 },
    reached: wrong,
    unit: 'tasks',
    rounds: [wrong],
    detail: `${taken.length} tasks looked at`,
  };
}

async function claimRate(fleet: Fleet): Promise<number> {
  const [claims, startedMs] = [fleet.claims, performance.now()];
  await delay(RATE_MS);
  return (fleet.claims - claims) / ((performance.now() - startedMs) / 1_000);
}

async function letGo(db: Database): Promise<void> {
  await unpauseScope(db, { target: DEEP, by: 'bench' });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

import { makePool, type Database } from '@orchestra/database';
import { PATIENT } from '@orchestra/testkit/patient';
import { emptyLog, type OrderLog } from './log.ts';
import type { Stage } from './acts.ts';
import { judgeOrder } from './judge-order.ts';
import { Bell, runOrder } from './run-order.ts';
import { inTurns, OrderClock, Turns } from './turns.ts';

export type Act = (stage: Stage) => Promise<unknown>;

/** Some actors whose statements can come in any order. */
export interface Scenario {
  name: string;
  /**
   * Statements that need no turn of their own here, because another scenario gives them one: they go along with what
   * follows.
   */
  goAlong?: RegExp;
  /** Makes the tasks and runs that it begins with; the actors close over them. */
  begin: (db: Database) => Promise<Beginning>;
}

export interface Beginning {
  actors: Record<string, Act>;
  /** What has to hold at the end beside the promises that hold always. Answers what does not, in words. */
  atEnd?: (db: Database, log: OrderLog) => Promise<string[]>;
}

export interface Violation {
  scenario: string;
  what: string;
  /** The steps, in the order in which they were let go. */
  order: readonly string[];
}

export interface Explored {
  scenario: string;
  orders: number;
  violations: Violation[];
}

// A scenario of more orders than this is one too large to be worth its time.
const ORDERS_MAX = 2_000;
const ACTORS_MAX = 4;

/**
 * Runs a scenario in every order in which its statements can come, each from the beginning, and judges each by the
 * promises.
 *
 * @param options.untilFirst ends with the first violation
 */
export async function explore(
  scenario: Scenario,
  databaseUrl: string,
  options: { untilFirst?: boolean } = {},
): Promise<Explored> {
  const observer = makePool({ connectionString: databaseUrl, applicationName: 'observer', max: 2, ...PATIENT });
  const pools = Array.from({ length: ACTORS_MAX }, (_, index) =>
    makePool({ connectionString: databaseUrl, applicationName: `actor ${index + 1}`, max: 1 }),
  );
  const violations: Violation[] = [];
  let orders = 0;
  try {
    for (let prefix: number[] | undefined = []; prefix !== undefined; orders++) {
      if (orders >= ORDERS_MAX) throw new Error(`${scenario.name} has more than ${ORDERS_MAX} orders`);
      const { choices, order, wrong } = await runOnce(scenario, prefix, observer, pools);
      violations.push(...wrong.map((what) => ({ scenario: scenario.name, what, order })));
      if (options.untilFirst && violations.length > 0) break;
      prefix = following(choices);
    }
  } finally {
    for (const pool of [observer, ...pools]) await pool.end();
  }
  return { scenario: scenario.name, orders, violations };
}

interface Choice {
  taken: number;
  of: number;
}

/** The first order that has not been: another choice at the last place where there was one. */
function following(choices: readonly Choice[]): number[] | undefined {
  const last = choices.findLastIndex((choice) => choice.taken + 1 < choice.of);
  if (last === -1) return undefined;
  return choices.slice(0, last + 1).map((choice, index) => (index === last ? choice.taken + 1 : choice.taken));
}

async function runOnce(
  scenario: Scenario,
  prefix: readonly number[],
  observer: Database,
  pools: readonly Database[],
): Promise<{ choices: Choice[]; order: string[]; wrong: string[] }> {
  // Of a few rows: quicker than to truncate, after which every connection plans its statements again.
  await observer.query(
    'delete from task_event_rows; delete from event_batches; delete from tasks; delete from senate_alerts',
  );
  await observer.query(
    "update senate_pause set cleared_at = clock_timestamp(), cleared_by = 'the beginning' where cleared_at is null",
  );
  const { actors, atEnd } = await scenario.begin(observer);
  const clock = new OrderClock();
  const bell = new Bell();
  const log = emptyLog();
  const choices: Choice[] = [];
  const choose = (among: readonly string[]): number => {
    const taken = Math.min(prefix[choices.length] ?? 0, among.length - 1);
    choices.push({ taken, of: among.length });
    return taken;
  };
  const playing = await Promise.all(
    Object.entries(actors).map(async ([name, act], index) => {
      const pool = pools[index];
      if (pool === undefined) throw new Error(`a scenario has ${ACTORS_MAX} actors at most`);
      const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid');
      return {
        act,
        pool,
        turns: new Turns({
          name,
          backend: rows[0]?.pid ?? 0,
          goAlong: scenario.goAlong,
          clock,
          onChange: () => bell.ring(),
        }),
      };
    }),
  );
  const ends = playing.map(({ act, pool, turns }) =>
    act({ db: inTurns(pool, turns), turns, clock, log })
      .catch((error: unknown) => {
        log.errors.push(`${turns.name} failed: ${error instanceof Error ? error.message : String(error)}`);
      })
      .finally(() => turns.end()),
  );
  const order = await runOrder(
    playing.map(({ turns }) => turns),
    choose,
    bell,
    observer,
  );
  await Promise.all(ends);
  const own = (await atEnd?.(observer, log)) ?? [];
  return { choices, order, wrong: [...own, ...(await judgeOrder(observer, log))] };
}

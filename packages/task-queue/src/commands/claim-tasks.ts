import { runOnce, type Idempotency } from '@orchestra/pause-core';
import type { Database, Queryable } from '@orchestra/database';
import { CLAIM_BY_LANES, CLAIM_BY_WALK } from '../claim-statement.ts';
import { ClaimWays, LANES_FACTOR, LANES_FEWEST, LANES_MOST } from '../claim-ways.ts';
import type { ClaimedTask } from '../contract/index.ts';
import type { GatedRepos } from '../gated.ts';
import { byIdOf } from '../lock-order.ts';
import { keptAndAllowed, type KeptForRunners } from '../runner-switches.ts';
import { lineUpDue } from './line-up-due.ts';
import { raiseNearHeads } from './raise-heads.ts';

/** How long a run may go without a heartbeat by default. */
export const LEASE_SECONDS = 60;

export interface ClaimOrder {
  worker: string;
  /** Absent: of any agent. */
  agents?: readonly string[] | undefined;
  /** Absent: of any skill. */
  skills?: readonly string[] | undefined;
  /** Absent: of any quest, of any actor. */
  quests?: readonly string[] | undefined;
  actors?: readonly string[] | undefined;
  limit: number;
  /** Whose runs they become; absent: nobody's in particular. */
  owner?: string | undefined;
  host?: string | undefined;
  pid?: number | undefined;
  /** With host and pid: which process, for a reaper on the same machine. */
  bootId?: string | undefined;
  pidNamespace?: string | undefined;
  processStarted?: number | undefined;
  leaseSeconds?: number;
  /** So many of them begin at once; the rest, the last ones, wait for it at the worker. Absent: all begin. */
  begins?: number | undefined;
  /** For which repos the serial gate holds; absent: for all. */
  gatedRepos?: GatedRepos | undefined;
  /** Tasks that only claims of their runner get; absent: none. */
  keptForRunners?: KeptForRunners | undefined;
}

/** One row for each claimed task; a single one without a task where there is none. */
type ClaimedRow = Omit<ClaimedTask, 'lease_seconds'> & { place: string; admitted_under: string | null; cut_short: boolean; some_are_due: boolean };
/** What one statement has looked at. */
type Look = 'all of it' | 'cut short' | 'some came in line';
type AnswerRow = ClaimedRow | { id: null; cut_short: boolean; some_are_due: boolean };

// Looks, each at least as wide as the one before. The first is nearly always enough. All lanes there are have been looked at after some dozen;
// most of the rest is for tasks of repos that have become due, of which one look puts some hundreds in line.
const LOOKS_MAX = 1_000;
// Heads of more lanes than these are not raised for one claim. It only saves time, and the round that keeps the lanes does it as well.
const RAISED_MAX = 4_096;

/**
 * Takes up to `limit` eligible tasks for a worker, by priority and then by place, and none that an active pause covers
 * (P1). One statement and one round trip, but where many tasks are paused or cannot start yet, or many lanes are drained at a time. It goes on
 * until it has as many as were asked for, or has looked at everything: an empty answer means that there is nothing.
 *
 * In a transaction with others, {@link waitsForGates} has to be false.
 *
 * @param ways remembers which statement to begin with; share one between all claims of a process
 */
export async function claimTasks(db: Queryable, order: ClaimOrder, ways: ClaimWays = new ClaimWays()): Promise<ClaimedTask[]> {
  const search = new Search(order, ways);
  while (!(await search.look(db)));
  return search.claimed;
}

/**
 * May a claim have to wait for gates? Tasks of repos for which the serial gate does not hold are counted at their
 * gates as well. A look locks those by name before
 * any other gate, and so has to be the first in its transaction to lock one (docs/locking.md).
 */
export const waitsForGates = ({ gatedRepos }: Pick<ClaimOrder, 'gatedRepos'>): boolean => (gatedRepos ?? null) !== null;

/** The looks of one claim, each at least as wide as the one before, and what they have found. */
class Search {
  claimed: ClaimedTask[] = [];
  readonly #order: ClaimOrder;
  readonly #ways: ClaimWays;
  readonly #kind: string;
  readonly #kept: string | null;
  #lanes: number | 'walk';
  #looks = 0;
  #asWide = 0;

  constructor(order: ClaimOrder, ways: ClaimWays) {
    this.#order = order;
    this.#ways = ways;
    this.#kind = JSON.stringify([order.agents ?? null, order.skills ?? null, order.quests ?? null, order.actors ?? null]);
    this.#kept = keptAndAllowed(order.keptForRunners, order);
    const first = ways.first(this.#kind);
    // A walk passes over all tasks with a repo, also those that the serial gate leaves alone.
    if (first === 'walk') this.#lanes = waitsForGates(order) ? LANES_FEWEST : 'walk';
    else this.#lanes = first.lanes;
  }

  /** @returns whether the search is over: there are as many as were asked for, or no more */
  async look(db: Queryable): Promise<boolean> {
    if (this.#lanes === 'walk') {
      if ((await this.#take(db, 'orchestra-claim-by-walk', CLAIM_BY_WALK)) === 'all of it') return true;
      this.#widen(LANES_FEWEST);
      return false;
    }
    if (this.#looks++ >= LOOKS_MAX) {
      // An answer of "nothing" would be untrue.
      if (this.claimed.length === 0) throw new Error(`the search for a task was cut short after ${LOOKS_MAX} looks; claim again, and see in task_lanes why so much cannot start`);
      return true;
    }
    this.#asWide++;
    const look = await this.#take(db, 'orchestra-claim-by-lanes', CLAIM_BY_LANES, [this.#lanes]);
    if (look !== 'cut short') return look === 'all of it';
    const { agents, skills, gatedRepos } = this.#order;
    const near = this.#lanes * 2;
    const raised = near <= RAISED_MAX ? await raiseNearHeads(db, { agents, skills, lanes: near, gatedRepos: gatedRepos ?? null, kept: this.#kept }) : 0;
    // Raised heads bring other lanes near. Where nothing was raised, or that has not helped, more lanes are needed:
    // those near by hold nothing that
    // may start, or their tasks are in other claims' hands.
    if (raised === 0 || this.#asWide > 1) this.#widen(Math.min(this.#lanes * LANES_FACTOR, LANES_MOST));
    return false;
  }

  #widen(lanes: number): void {
    this.#asWide = 0;
    this.#lanes = lanes;
    this.#ways.needed(this.#kind, lanes);
  }

  async #take(db: Queryable, name: string, text: string, more: readonly unknown[] = []): Promise<Look> {
    const order = this.#order;
    const process = JSON.stringify({
      owner: order.owner, pid: order.pid, boot_id: order.bootId, pid_namespace: order.pidNamespace, process_started: order.processStarted,
      begins: order.begins === undefined ? undefined : Math.max(0, order.begins - this.claimed.length),
    });
    const { rows } = await db.query<AnswerRow>({
      // Prepared once for each connection: planning it takes several times as long as running it.
      name, text,
      values: [order.worker, order.host ?? null, process, order.agents ?? null, order.skills ?? null, order.limit - this.claimed.length, order.gatedRepos ?? null, this.#kept, ...more],
    });
    for (const row of rows) {
      if (row.id === null) continue;
      const { place: _place, admitted_under: _admittedUnder, cut_short: _cutShort, some_are_due: _due, ...task } = row;
      this.claimed.push({ ...task, lease_seconds: order.leaseSeconds ?? LEASE_SECONDS });
    }
    // Where others are putting these tasks in line just now, there is nothing to come again for.
    if (rows[0]?.some_are_due && (await lineUpDue(db, false)) > 0) return 'some came in line';
    return rows[0]?.cut_short ? 'cut short' : 'all of it';
  }
}

/**
 * The same for a caller that may have to ask twice: a repeated call gets those of the first one's tasks that are still
 * its own, each with its lease begun anew. A call that found nothing leaves nothing to repeat; asked again, it claims.
 * Where it {@link waitsForGates}, each look is a transaction of its own, and the first that finds something is the
 * last.
 *
 * @throws PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export async function claimTasksOnce(db: Database, order: ClaimOrder, idempotency: Idempotency, ways: ClaimWays = new ClaimWays()): Promise<ClaimedTask[]> {
  let repeated = false;
  let over = false;
  let search = new Search(order, ways);
  const lookOrClaim = async (tx: Queryable): Promise<ClaimedTask[]> => {
    repeated = false;
    // What a transaction found that was rolled back is not claimed.
    if (!waitsForGates(order)) search = new Search(order, ways);
    search.claimed = [];
    do over = await search.look(tx); while (!over && !waitsForGates(order));
    return search.claimed;
  };
  for (;;) {
    repeated = true;
    const tasks = await runOnce(db, idempotency, lookOrClaim, (claimed) => claimed.length > 0);
    if (repeated) return keepOwned(db, tasks);
    if (over || tasks.length > 0) return tasks;
  }
}

/** Without this, a repeated call could begin a run that has meanwhile been taken away. */
async function keepOwned(db: Database, tasks: ClaimedTask[]): Promise<ClaimedTask[]> {
  const { rows } = await db.query<{ run_id: string }>(
    `with kept as materialized (
       select c.id, c.run_id from jsonb_to_recordset($1::jsonb) as c(id bigint, run_id uuid)
     ), locked as materialized (
       select t.id from tasks t where t.id = any (array(select k.id from kept k)) and coalesce(t.status, '') = 'running' order by t.id for no key update of t
     )
     update tasks t set heartbeat_at = clock_timestamp()
       from kept k
      where t.id = k.id and ${byIdOf('kept')} and t.run_id = k.run_id and coalesce(t.status, '') = 'running' and (select count(*) from locked) >= 0
     returning t.run_id`, [JSON.stringify(tasks.map(({ id, run_id }) => ({ id, run_id })))]);
  const owned = new Set(rows.map((row) => row.run_id));
  return tasks.filter((task) => owned.has(task.run_id));
}

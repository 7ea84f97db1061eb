import { isNestedTooDeep, type Queryable } from '@orchestra/database';
import type { Ending, TaskStatus } from '../contract/index.ts';
import type { StageRules } from '../pipelines/stage-rules.ts';
import { keptAndAllowed } from '../pipelines/runner-reservations.ts';
import type { ClaimOrder } from './claim-order.ts';

/** One ending that was accepted: which of those given, counted from 1. */
export interface EndedRow {
  n: number;
  status: TaskStatus;
  next_eligible_at: string | null;
}

/** One look for tasks: at a number of lanes, or along the queue. */
export interface Look {
  order: ClaimOrder;
  /** So many of the tasks that the order asks for have been found by the looks before. */
  found: number;
  lanes: number | 'walk';
}

export interface TurnRow {
  ended: EndedRow[] | null;
  /** The text of a JSON array. */
  tasks: string | null;
  claimed: number | null;
  cut_short: boolean | null;
  some_are_due: boolean | null;
}

// $1 endings, $2 rules, $3 worker, $4 host, $5 process, $6 agents, $7 skills, $8 how many, $9 gated repos, $10 kept,
// $11 lanes, $12 lease
const CALL = `select t.ended, t.tasks, t.claimed, t.cut_short, t.some_are_due
     from orchestra_turn($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) t`;

/**
 * The one call that ends runs and claims tasks (migrations/0043): the endings, then one look for tasks. Outside a
 * transaction both are committed when it answers.
 *
 * It must not run under REPEATABLE READ: the claim's snapshot would be older than its lock (P2).
 */
export async function callTurn(
  db: Queryable,
  { endings = [], rules, look }: { endings?: readonly Ending[]; rules?: StageRules | undefined; look?: Look },
): Promise<TurnRow> {
  const {
    rows: [row],
  } = await db.query<TurnRow>({
    // Prepared once for each connection.
    name: 'orchestra-turn',
    text: CALL,
    values: [
      endings.length === 0 ? null : JSON.stringify(endings),
      endings.length === 0 ? null : rules?.text,
      ...(look === undefined ? NOTHING_WANTED : wanted(look)),
    ],
  });
  if (row === undefined) throw new Error('orchestra_turn answered no row');
  if (row.tasks !== null && isNestedTooDeep(row.tasks)) row.tasks = await readAgain(db, row.tasks);
  return row;
}

const NOTHING_WANTED: readonly unknown[] = Array.from({ length: 10 }, () => null);

function wanted({ order, found, lanes }: Look): unknown[] {
  const process = {
    owner: order.owner,
    pid: order.pid,
    boot_id: order.bootId,
    pid_namespace: order.pidNamespace,
    process_started: order.processStarted,
    begins: order.begins === undefined ? undefined : Math.max(0, order.begins - found),
  };
  return [
    order.worker,
    order.host ?? null,
    JSON.stringify(process),
    order.agents ?? null,
    order.skills ?? null,
    order.limit - found,
    order.gatedRepos ?? null,
    keptAndAllowed(order.keptForRunners, order),
    lanes === 'walk' ? null : lanes,
    order.leaseSeconds ?? LEASE_SECONDS,
  ];
}

/** How long a run may go without a heartbeat by default. */
export const LEASE_SECONDS = 60;

/**
 * What was put into a payload or a cursor by hand, and is nested deeper than can be told, is told in words: the rows
 * are read as any other.
 */
async function readAgain(db: Queryable, text: string): Promise<string> {
  const tasks: { id: string }[] = JSON.parse(text);
  const { rows } = await db.query<{ id: string; payload: unknown; cursor: unknown }>(
    'select t.id, t.payload, t.cursor from tasks t where t.id = any ($1::bigint[])',
    [tasks.map(({ id }) => id)],
  );
  return JSON.stringify(tasks.map((task) => ({ ...task, ...rows.find(({ id }) => id === task.id) })));
}

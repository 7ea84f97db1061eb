import type { Database, Queryable } from '@orchestra/database';
import { runOnce, type Idempotency } from '@orchestra/pause-core';
import {
  ACT_BROAD_FROM,
  ACT_COUNTED_MAX,
  ACT_TASKS_MAX,
  type ActAnswer,
  type ActPreview,
  type TaskStatus,
} from '../contract/index.ts';
import { reachOf, SELECTED, SELECTED_PARAMETERS, selectedValues, type Selection } from './selected-tasks.ts';

/**
 * Names a parameter of an act in SQL, counted from 1. The first is who does it, the second why; its own values follow.
 */
export type OwnParameter = (n: number) => string;

/** One thing that an operator does to tasks. */
export interface Act {
  /** In the audit. */
  action: string;
  /** Which tasks it is for, by how they stand. */
  statuses: readonly TaskStatus[];
  /** Those that a filter means which names no status, where these are fewer. */
  byFilter?: readonly TaskStatus[];
  /** What else has to be true of a task `t`, in SQL. */
  also?: (own: OwnParameter) => string;
  /**
   * The steps that change the locked tasks of `chosen` and write their events. One is called `changed` and has their
   * ids.
   */
  change: (own: OwnParameter) => string;
  /** Behind who and why. */
  values: readonly unknown[];
  /** Why nothing was changed about a task that was named, by how it stands. */
  whyNot: (task: { id: string; status: TaskStatus }) => string;
  /** What the audit says besides. */
  audit: Readonly<Record<string, unknown>>;
}

export interface ActOrder {
  by: string;
  /** null: nobody said. */
  reason: string | null;
  idempotency?: Idempotency | undefined;
}

const LIMIT = `$${SELECTED_PARAMETERS + 1}::int`;
const own: OwnParameter = (n) => `$${SELECTED_PARAMETERS + 1 + n}`;

/**
 * Does it to the next tasks of a selection, {@link ACT_TASKS_MAX} at most, in one transaction, with their history. What
 * has changed by the time that its row is locked is left alone.
 *
 * @throws PauseError `idempotency_key_reused`, `idempotency_key_in_use`
 */
export function actOnTasks(
  db: Database,
  act: Act,
  selection: Selection,
  { by, reason, idempotency }: ActOrder,
): Promise<ActAnswer> {
  return runOnce(db, idempotency, async (tx) => {
    await tx.query("select set_config('orchestra.who', $1, true)", [by]);
    const reach = await reachOf(tx, selection);
    // Locked by id before anything is changed (docs/locking.md).
    const {
      rows: [row],
    } = await tx.query<{ changed: string[]; looked_at: number; looked_to: string | null }>(
      `${choose(act, selection)}
     for no key update of t
), ${act.change(own)}
select coalesce((select array_agg(c.id::text order by c.id) from changed c), '{}') as changed,
       (select count(*)::int from chosen c) as looked_at,
       (select max(c.id)::text from chosen c) as looked_to`,
      [...selectedValues(selection, reach), ACT_TASKS_MAX, by, reason, ...act.values],
    );
    const { changed = [], looked_at: lookedAt = 0, looked_to: lookedTo = null } = row ?? {};
    await audit(tx, act, selection, changed, { by, reason });
    return {
      changed: changed.length,
      changed_ids: changed,
      passed_over: await passedOver(tx, act, selection, changed),
      next_cursor: selection.filter === undefined || lookedAt < ACT_TASKS_MAX ? null : `${lookedTo}-${reach.upTo}`,
    };
  });
}

/** What {@link actOnTasks} would change, called again and again. Writes nothing. */
export async function previewAct(db: Queryable, act: Act, selection: Selection): Promise<ActPreview> {
  const reach = await reachOf(db, selection);
  // Every parameter has to be named once, or the server does not know what it is.
  const named = [1, 2, ...act.values.map((_, index) => index + 3)].map((n) => `${own(n)}::text`).join(', ');
  const {
    rows: [row],
  } = await db.query<{ count: number; ids: string[] }>(
    `${choose(act, selection)})
select count(*)::int as count, coalesce((array_agg(c.id::text order by c.id))[1:${ACT_TASKS_MAX}], '{}') as ids
  from chosen c
 where num_nulls(${named}) >= 0`,
    [...selectedValues(selection, reach), ACT_COUNTED_MAX + 1, null, null, ...act.values],
  );
  const { count = 0, ids = [] } = row ?? {};
  return {
    dry_run: true,
    count: Math.min(count, ACT_COUNTED_MAX),
    more: count > ACT_COUNTED_MAX,
    broad: count >= ACT_BROAD_FROM,
    first_ids: ids.slice(0, FIRST_IDS),
    passed_over: await passedOver(db, act, selection, ids),
  };
}

const FIRST_IDS = 10;

function choose(act: Act, { filter }: Selection): string {
  const statuses = filter !== undefined && filter.status === undefined ? (act.byFilter ?? act.statuses) : act.statuses;
  return `
with chosen as materialized (
  select t.id, t.status, t.priority, t.repo, t.agent_id, t.skill, t.quest_id, t.actor_id
    from tasks t
   where t.status in (${statuses.map((status) => `'${status}'`).join(', ')})${
     act.also === undefined
       ? ''
       : `
     and ${act.also(own)}`
   }${SELECTED}
   order by t.id
   limit ${LIMIT}`;
}

/**
 * One entry for each call: a list of a thousand that were done together says less. Each task has its own event besides.
 */
async function audit(
  tx: Queryable,
  act: Act,
  { filter }: Selection,
  changed: readonly string[],
  { by, reason }: Pick<ActOrder, 'by' | 'reason'>,
): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(
    "insert into senate_audit (by, action, subject_kind, subject_id, why, data) values ($1, $2, 'task', $3, $4, $5)",
    [
      by,
      act.action,
      changed[0],
      reason,
      { ...act.audit, count: changed.length, ids: changed, ...(filter === undefined ? {} : { filter }) },
    ],
  );
}

/** Of what was named by its id: what was not changed, and why. */
async function passedOver(
  db: Queryable,
  act: Act,
  { ids = [] }: Selection,
  changed: readonly string[],
): Promise<ActAnswer['passed_over']> {
  const done = new Set(changed);
  const left = [...new Set(ids)].filter((id) => !done.has(id));
  if (left.length === 0) return [];
  const { rows } = await db.query<{ id: string; status: TaskStatus }>(
    'select t.id::text as id, t.status from tasks t where t.id = any ($1::bigint[])',
    [left],
  );
  const known = new Map(rows.map((task) => [task.id, task]));
  return left.map((id) => {
    const task = known.get(id);
    return { id, says: task === undefined ? `task ${id} not found` : act.whyNot(task) };
  });
}

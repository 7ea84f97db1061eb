import { covers, isSameScope, unpauseScope } from '@orchestra/pause-core';
import type { Database } from '@orchestra/database';
import { claimTasks } from '@orchestra/task-queue';
import { countImpossible } from '../chaos/witness.ts';
import type { LoggedClear, LoggedPause, OrderLog } from './log.ts';

/**
 * Everything that one order of steps did and the promises do not allow, in words. Claims what is left, to see that it
 * comes, and in which order.
 */
export async function judgeOrder(db: Database, log: OrderLog): Promise<string[]> {
  const wrong = [...log.errors, ...gate(log), ...settle(log)];
  if ((await countImpossible(db)) > 0) wrong.push('P15: a row that cannot be');
  wrong.push(...(await drain(db)));
  wrong.push(...(await runs(db, log)));
  return wrong;
}

/**
 * P1: a claim that starts after the pause's commit, and ends before anybody began to clear it, brings nothing that it
 * covers.
 */
function gate({ claims, pauses, clears }: OrderLog): string[] {
  return pauses.flatMap((pause) =>
    claims
      .filter((claim) => claim.from > pause.committedAt && claim.to < clearedFrom(pause, clears))
      .flatMap((claim) =>
        claim.tasks
          .filter((task) => covers(pause.scope, task.labels))
          .map(
            (task) =>
              `P1: ${claim.by} claimed task ${task.id} under the pause on ${pause.scope.kind} ${pause.scope.value}`,
          ),
      ),
  );
}

/** P2: nothing covered becomes claimed after the settled answer. */
function settle({ claims, pauses, clears }: OrderLog): string[] {
  return pauses.flatMap((pause) => {
    const { settledAt } = pause;
    if (settledAt === undefined)
      return [`P2: the pause on ${pause.scope.kind} ${pause.scope.value} did not settle, although every claim ended`];
    return claims
      .filter((claim) => claim.commitFrom > settledAt && claim.to < clearedFrom(pause, clears))
      .flatMap((claim) =>
        claim.tasks
          .filter((task) => covers(pause.scope, task.labels))
          .map(
            (task) =>
              `P2: task ${task.id} became claimed, by ${claim.by}, after the pause on ${pause.scope.kind} ` +
              `${pause.scope.value} was called settled`,
          ),
      );
  });
}

function clearedFrom(pause: LoggedPause, clears: readonly LoggedClear[]): number {
  const aimed = clears.filter(({ target }) =>
    'id' in target ? target.id === pause.id : isSameScope(target, pause.scope),
  );
  return Math.min(Infinity, ...aimed.map((clear) => clear.from));
}

const ENDINGS = ['completed', 'failed', 'released', 'reaped'];

/**
 * P10, A5, A6, A11: the runs of a task follow each other, each ends once and by its owner, and what owners were told is
 * so.
 */
async function runs(db: Database, { tellings }: OrderLog): Promise<string[]> {
  const { rows: events } = await db.query<{ task_id: string; run_id: string | null; kind: string }>(
    'select e.task_id, e.run_id, e.kind from task_events e order by e.id',
  );
  const { rows: tasks } = await db.query<{ id: string; status: string; run_id: string | null }>(
    'select t.id, t.status, t.run_id from tasks t',
  );
  const wrong: string[] = [];
  const owner = new Map<string, string | null>();
  for (const { task_id, run_id, kind } of events) {
    const running = owner.get(task_id) ?? null;
    if (kind === 'claimed') {
      if (running !== null) wrong.push(`P10: task ${task_id} was claimed while run ${running} had it`);
      owner.set(task_id, run_id);
    } else if (ENDINGS.includes(kind)) {
      if (running !== run_id)
        wrong.push(`P10: task ${task_id} was ${kind} as run ${run_id} while ${running ?? 'nobody'} had it`);
      owner.set(task_id, null);
    }
  }
  for (const { id, status, run_id } of tasks) {
    if ((owner.get(id) ?? null) !== run_id)
      wrong.push(
        `P10: by its history task ${id} is with run ${owner.get(id) ?? 'none'}, and its row, ${status}, says ` +
          `${run_id ?? 'none'}`,
      );
  }
  const happened = (what: string, run: string): number =>
    events.filter((event) => event.kind === what && event.run_id === run).length;
  for (const { what, task, run, counted } of tellings) {
    if (what === 'heartbeat') {
      if (counted && happened('reaped', run) > 0)
        wrong.push(`P10: run ${run} of task ${task} was heard of, and taken away`);
      continue;
    }
    if (counted !== (happened(what, run) === 1))
      wrong.push(
        `P10: the owner of run ${run} was told ${counted ? 'that' : 'that not'} task ${task} was ${what}, ` +
          `and that is ${happened(what, run)} times in its history`,
      );
  }
  return wrong;
}

/** P9, P10: with every pause cleared what waits comes, all of it, at once, and in the order of its places. */
async function drain(db: Database): Promise<string[]> {
  const { rows: active } = await db.query<{ id: string }>('select p.id from active_pauses p order by p.id');
  for (const { id } of active) await unpauseScope(db, { target: { id }, by: 'the end' });
  const { rows: queued } = await db.query<{ id: string }>(
    "select t.id from tasks t where t.status = 'queued' order by t.priority, t.place",
  );
  const came: string[] = [];
  // The first alone: what a claim takes comes sorted, and would hide which it took first.
  for (const limit of [1, 100])
    came.push(...(await claimTasks(db, { worker: 'the end', limit })).map((task) => task.id));
  const wanted = queued.map((task) => task.id).join(', ');
  return came.join(', ') === wanted
    ? []
    : [`P9: waiting were tasks ${wanted}, in this order; after the last pause came ${came.join(', ') || 'none'}`];
}

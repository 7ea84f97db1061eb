import { and, desc, eq, getTableColumns, gte, inArray, isNotNull, isNull, lt, sql, type SQL } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { inUtc, readInstant, type Database, type Transaction } from '@orchestra/database';
import type { LabelKind } from '@orchestra/pause-core';
import type { TaskEventView, TaskStatus, TaskView } from '../contract/index.ts';
import { NAMED_FIRST, pauseCovers } from '../sql/predicates.ts';
import { tasks } from '../schema.ts';
import { LABEL_COLUMN } from '../sql/labels-under-scope.ts';

export interface TaskFilter {
  status?: TaskStatus | undefined;
  agentId?: string | undefined;
  skill?: string | undefined;
  questId?: string | undefined;
  actorId?: string | undefined;
  repo?: string | undefined;
  parked?: boolean | undefined;
  /** Queued, and covered by an active pause. */
  paused?: boolean | undefined;
  /** A pause: only the tasks that wait under it. */
  heldBy?: string | undefined;
  /** RFC 3339: added at this instant or later. */
  createdSince?: string | undefined;
  /** RFC 3339: added before this instant. */
  createdUntil?: string | undefined;
  /** Only tasks whose run began longer ago than this. */
  runningLongerThanSeconds?: number | undefined;
  /** Only tasks before the one with this id. */
  beforeId?: string | undefined;
  limit: number;
}

/**
 * For a queued task that was put off: which pause is named for it now, and when it may start as things stand. The row
 * tells how that was when it was put off; since then its pauses may have been cleared, given another end, or joined by
 * others. While they end by no clock, the time is a minute ahead, which is when it is looked at again.
 */
const PUT_OFF = sql<PutOff | null>`case when ${tasks.status} = 'queued' and ${tasks.deferredBy} is not null then
  (select jsonb_build_object(
            'by', (array_agg(p.id order by ${sql.raw(NAMED_FIRST)}))[1]::text,
            'until', case when count(*) = 0 then least(${tasks.nextEligibleAt}, now())
                          when bool_or(p.ends_at is null) then
                            case when ${tasks.nextEligibleAt} between now() and now() + interval '60 seconds'
                                 then ${tasks.nextEligibleAt}
                                 else now() + interval '60 seconds' end
                          else max(p.ends_at) end)
     from active_pauses p where ${sql.raw(pauseCovers('p', 'tasks'))}) end`;

interface PutOff {
  by: string | null;
  until: string;
}

/** In lists: as much of an error as a row can show. */
const ERROR_CHARS_LISTED = 500;
// As long as an error can be.
const ERROR_CHARS_WHOLE = 20_000;

const RUN_ENDS = `'completed', 'failed', 'released', 'reaped', 'asked', 'held', 'retried', 'stopped'`;

/**
 * How the last run of a task ended and when it came to its end, as its history tells: the row forgets when a run began,
 * and an error stands only there. The events are looked up once for each task, and not at all for one that waits and
 * never ran. Columns are written out: within a list drizzle leaves out the name of the table.
 */
const history = (errorCharsMax: number) => sql<HistoryRow | null>`
case when tasks.worker_id is not null or tasks.status in ('succeeded', 'failed', 'cancelled') then (
  with e as materialized (select e.* from events_of_task(tasks.id) e)
  select jsonb_build_object(
    'last_run', (
      select jsonb_build_object('as', r.kind, 'ended_at', r.at, 'started_at', c.at,
                                'duration_ms', round(extract(epoch from r.at - c.at) * 1000)::bigint,
                                'attempt', r.data -> 'attempt', 'worker', coalesce(c.by, r.data ->> 'worker'),
                                'error', left(coalesce(r.data ->> 'error', r.data ->> 'says', r.data ->> 'reason',
                                                       case r.kind
                                                         when 'reaped'
                                                           then 'its worker was lost: ' || (r.data ->> 'cause')
                                                         when 'stopped' then 'stopped: ' || (r.data ->> 'why') end),
                                              ${errorCharsMax}::int))
        from (select e.kind, e.at, e.data, e.run_id from e
               where e.kind in (${sql.raw(RUN_ENDS)})
               order by e.id desc
               limit 1) r
        left join lateral (select e.at, e.by from e
                            where e.run_id = r.run_id and e.kind = 'claimed'
                            order by e.id
                            limit 1) c on true),
    'finished_at', case when tasks.status in ('succeeded', 'failed', 'cancelled') then (
      select max(e.at) from e
       where e.kind in ('completed', 'failed', 'reaped', 'held', 'retried')
          or e.kind in ('cancelled', 'stopped') and e.data ->> 'status' = 'cancelled') end)) end`;

interface HistoryRow {
  last_run: TaskView['last_run'];
  finished_at: string | null;
}

const columns = (errorCharsMax: number) => ({
  ...getTableColumns(tasks),
  putOff: PUT_OFF,
  history: history(errorCharsMax),
});
const LISTED = columns(ERROR_CHARS_LISTED);
const WHOLE = columns(ERROR_CHARS_WHOLE);

/** Tasks, newest first. */
export async function listTasks(db: Database, filter: TaskFilter): Promise<TaskView[]> {
  if (await namesNoTask(db, filter)) return [];
  const wanted = filter.heldBy === undefined ? conditions(filter) : [inArray(tasks.id, heldBy(filter, filter.heldBy))];
  const rows = await drizzle({ client: db })
    .select(LISTED)
    .from(tasks)
    .where(and(...wanted))
    .orderBy(desc(tasks.id))
    .limit(filter.limit);
  return rows.map(toTaskView);
}

/**
 * Does the filter name a label that no task carries? Every label that a task carries is the label of a lane or a row of
 * `known_labels` (migrations/0023), and every repo has a gate. Without this, all tasks would be gone through to find
 * none.
 */
async function namesNoTask(db: Database, { agentId, skill, questId, actorId, repo }: TaskFilter): Promise<boolean> {
  if ([agentId, skill, questId, actorId, repo].every((label) => label === undefined)) return false;
  const {
    rows: [row],
  } = await db.query<{ unknown: boolean }>(UNKNOWN, [
    agentId ?? null,
    skill ?? null,
    questId ?? null,
    actorId ?? null,
    repo ?? null,
  ]);
  return row?.unknown ?? false;
}

const unknown = (kind: LabelKind, label: string): string => `
       (${label}::text is not null
        and not exists (select from task_lanes l where l.${LABEL_COLUMN[kind]} = ${label})
        and not exists (select from known_labels k where k.kind = '${kind}' and k.value = ${label}))`;
const UNKNOWN = `
select ${unknown('agent', '$1')}
    or ${unknown('skill', '$2')}
    or ${unknown('quest', '$3')}
    or ${unknown('actor', '$4')}
    or ($5::text is not null and not exists (select from repo_gates g where g.repo = $5)) as unknown`;

const COVERED = sql`exists (select from active_pauses p where ${sql.raw(pauseCovers('p', 'tasks'))})`;

function conditions(filter: TaskFilter): SQL[] {
  const wanted: SQL[] = [];
  if (filter.status !== undefined) wanted.push(eq(tasks.status, filter.status));
  if (filter.agentId !== undefined) wanted.push(eq(tasks.agentId, filter.agentId));
  if (filter.skill !== undefined) wanted.push(eq(tasks.skill, filter.skill));
  if (filter.questId !== undefined) wanted.push(eq(tasks.questId, filter.questId));
  if (filter.actorId !== undefined) wanted.push(eq(tasks.actorId, filter.actorId));
  if (filter.repo !== undefined) wanted.push(eq(tasks.repo, filter.repo));
  if (filter.parked === true)
    wanted.push(isNotNull(tasks.pausedAt), inArray(tasks.status, ['queued', 'running', 'held']));
  if (filter.parked === false) wanted.push(isNull(tasks.pausedAt));
  if (filter.paused === true) wanted.push(eq(tasks.status, 'queued'), COVERED);
  if (filter.paused === false) wanted.push(sql`(tasks.status <> 'queued' or not ${COVERED})`);
  if (filter.createdSince !== undefined) wanted.push(gte(tasks.createdAt, new Date(filter.createdSince)));
  if (filter.createdUntil !== undefined) wanted.push(lt(tasks.createdAt, new Date(filter.createdUntil)));
  if (filter.runningLongerThanSeconds !== undefined) {
    wanted.push(
      eq(tasks.status, 'running'),
      sql`tasks.started_at < clock_timestamp() - make_interval(secs => ${filter.runningLongerThanSeconds})`,
    );
  }
  if (filter.beforeId !== undefined) wanted.push(lt(tasks.id, BigInt(filter.beforeId)));
  return wanted;
}

/** Their ids, found through the lanes that the pause covers: of a million tasks that wait, few may wait under it. */
function heldBy(filter: TaskFilter, pauseId: string): SQL {
  const from = filter.beforeId === undefined ? sql`` : sql`and tasks.place < ${BigInt(filter.beforeId)}`;
  return sql`(select h.id
    from active_pauses p
    join task_lanes l on ${sql.raw(pauseCovers('p', 'l'))}
   cross join lateral (
         select tasks.id from tasks
          where tasks.lane_id = l.id and tasks.status = 'queued' and tasks.place >= l.head ${from}
            and ${and(sql`true`, ...conditions(filter))}
          order by tasks.place desc
          limit ${filter.limit}) h
   where p.id = ${BigInt(pauseId)}
   order by h.id desc
   limit ${filter.limit})`;
}

/** One task; undefined where there is none. */
export async function findTask(db: Database | Transaction, id: string): Promise<TaskView | undefined> {
  const [row] = await drizzle({ client: db })
    .select(WHOLE)
    .from(tasks)
    .where(eq(tasks.id, BigInt(id)));
  return row === undefined ? undefined : toTaskView(row);
}

/** What happened to a task, oldest first, after the event with the id `afterId`. */
export async function listTaskEvents(
  db: Database,
  taskId: string,
  page: { afterId?: string | undefined; limit: number },
): Promise<TaskEventView[]> {
  const { rows } = await db.query<Omit<TaskEventView, 'at'> & { at: Date }>(
    `select e.id::text, e.task_id::text, e.run_id, e.kind, e.at, e.by, e.data from events_of_task($1) e
      where e.id > coalesce($2::bigint, 0) order by e.id limit $3`,
    [taskId, page.afterId ?? null, page.limit],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

function toTaskView(row: typeof tasks.$inferSelect & { putOff: PutOff | null; history: HistoryRow | null }): TaskView {
  return {
    id: String(row.id),
    repo: row.repo,
    agent_id: row.agentId,
    skill: row.skill,
    quest_id: row.questId,
    actor_id: row.actorId,
    priority: row.priority,
    payload: row.payload,
    status: row.status,
    next_eligible_at: (row.putOff === null ? row.nextEligibleAt : readInstant(row.putOff.until)).toISOString(),
    deferred_by: row.putOff?.by ?? null,
    run_id: row.runId,
    worker: row.workerId,
    host: row.host,
    pid: row.pid,
    started_at: row.startedAt?.toISOString() ?? null,
    heartbeat_at: row.heartbeatAt?.toISOString() ?? null,
    pipeline: row.pipeline,
    stage: row.stage,
    stage_since: row.stageSince?.toISOString() ?? null,
    last_outcome: row.lastOutcome,
    transient_failures: row.transientFailures,
    held_at: row.heldAt?.toISOString() ?? null,
    held_evidence: row.heldEvidence,
    attempt: row.attempt,
    max_attempts: row.maxAttempts,
    crashes: row.crashes,
    max_crashes: row.maxCrashes,
    cursor: row.cursor,
    paused_at: row.pausedAt?.toISOString() ?? null,
    paused_by: row.pausedBy,
    pause_reason: row.pauseReason,
    questions: row.questions,
    asked_at: row.askedAt?.toISOString() ?? null,
    answer: row.answer,
    answered_at: row.answeredAt?.toISOString() ?? null,
    answered_by: row.answeredBy,
    result: row.result,
    finished_at: inUtc(row.history?.finished_at ?? null),
    last_run: toLastRun(row.history?.last_run ?? null),
    created_at: row.createdAt.toISOString(),
    created_by: row.createdBy,
  };
}

/** With the instants as the contract has them. */
function toLastRun(run: TaskView['last_run']): TaskView['last_run'] {
  return run === null ? null : { ...run, ended_at: inUtc(run.ended_at), started_at: inUtc(run.started_at) };
}

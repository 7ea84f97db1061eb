import { instantColumn, jsonbColumn } from '@orchestra/database';
import {
  bigint,
  boolean,
  customType,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { OutcomeKind, PreflightView, TASK_EVENT_KINDS, TaskStatus } from './contract/index.ts';

// Types for plain reads. The tables themselves are made by `migrations/`; `schema.db.test.ts` holds the two together.

const instant = instantColumn;
const jsonb = jsonbColumn;
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const big = (name: string) => bigint(name, { mode: 'bigint' });

export const tasks = pgTable('tasks', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  laneId: big('lane_id'),
  place: big('place').generatedAlwaysAs(sql`id`),
  repo: text('repo'),
  agentId: text('agent_id'),
  skill: text('skill'),
  questId: text('quest_id'),
  actorId: text('actor_id'),
  priority: smallint('priority').notNull().default(0),
  payload: jsonb('payload').$type<Record<string, unknown>>().notNull().default({}),
  status: text('status').$type<TaskStatus>().notNull().default('queued'),
  nextEligibleAt: instant('next_eligible_at')
    .notNull()
    .default(sql`now()`),
  deferredBy: big('deferred_by'),
  probeOf: big('probe_of'),
  runId: uuid('run_id'),
  workerId: text('worker_id'),
  host: text('host'),
  pid: integer('pid'),
  bootId: uuid('boot_id'),
  pidNamespace: text('pid_namespace'),
  processStarted: big('process_started'),
  startedAt: instant('started_at'),
  prefetched: boolean('prefetched').notNull().default(false),
  heartbeatAt: instant('heartbeat_at'),
  pipeline: text('pipeline'),
  stage: text('stage'),
  stageSince: instant('stage_since'),
  lastOutcome: text('last_outcome').$type<OutcomeKind>(),
  stageAttempts: jsonb('stage_attempts'),
  transientFailures: integer('transient_failures').notNull().default(0),
  heldAt: instant('held_at'),
  heldEvidence: jsonb('held_evidence'),
  attempt: integer('attempt').notNull().default(0),
  maxAttempts: integer('max_attempts').notNull().default(3),
  crashes: integer('crashes').notNull().default(0),
  maxCrashes: integer('max_crashes').notNull().default(3),
  cursor: jsonb('cursor'),
  result: jsonb('result'),
  pausedAt: instant('paused_at'),
  pausedBy: text('paused_by'),
  pauseReason: text('pause_reason'),
  pausedRun: uuid('paused_run'),
  questions: text('questions'),
  askedAt: instant('asked_at'),
  answer: text('answer'),
  answeredAt: instant('answered_at'),
  answeredBy: text('answered_by'),
  inLine: boolean('in_line').notNull().default(true),
  admittedUnder: big('admitted_under'),
  createdAt: instant('created_at')
    .notNull()
    .default(sql`now()`),
  createdBy: text('created_by').notNull(),
  traceparent: text('traceparent'),
  labelsAtClaim: jsonb('labels_at_claim'),
});

/** What happened to one task alone. `task_events` is a view over this and {@link eventBatches}. */
export const taskEventRows = pgTable('task_event_rows', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  taskId: big('task_id').notNull(),
  runId: uuid('run_id'),
  kind: text('kind').$type<(typeof TASK_EVENT_KINDS)[number]>().notNull(),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
  by: text('by').notNull(),
  data: jsonb('data'),
});

/** What one call did to several tasks; see migrations/0034. */
export const eventBatches = pgTable('event_batches', {
  id: big('id')
    .primaryKey()
    .default(sql`nextval('task_events_id_seq')`),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
  kind: text('kind').$type<(typeof TASK_EVENT_KINDS)[number]>().notNull(),
  by: text('by').notNull(),
  taskIds: big('task_ids').array().notNull(),
  runIds: uuid('run_ids').array(),
  shared: jsonb('shared'),
  each: jsonb('each'),
  attempts: integer('attempts').array(),
  agentIds: text('agent_ids').array(),
  skills: text('skills').array(),
  questIds: text('quest_ids').array(),
  actorIds: text('actor_ids').array(),
});

/** What the claim looks at instead of tasks: one row for each priority and set of labels that tasks wait under. */
export const taskLanes = pgTable('task_lanes', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  key: bytea('key').notNull().unique(),
  priority: smallint('priority').notNull(),
  repo: text('repo'),
  agentId: text('agent_id'),
  skill: text('skill'),
  questId: text('quest_id'),
  actorId: text('actor_id'),
  head: big('head').notNull().default(0n),
  returns: big('returns').notNull().default(0n),
  deferredBy: big('deferred_by'),
  deferredTo: big('deferred_to').notNull().default(0n),
  deferredUntil: instant('deferred_until'),
  deferredLeft: big('deferred_left'),
  deferredAgainAt: instant('deferred_again_at'),
});

export const taskHorizon = pgTable('task_horizon', {
  onlyRow: boolean('only_row').primaryKey().default(true),
  id: big('id').notNull(),
  lookedTo: big('looked_to').notNull().default(0n),
  resets: big('resets').notNull().default(0n),
});

/** One row for each repo: how many of its tasks may be in progress, and which one is the first in line. */
export const repoGates = pgTable('repo_gates', {
  repo: text('repo').primaryKey(),
  maxInProgress: integer('max_in_progress').notNull().default(1),
  frozenAt: instant('frozen_at'),
  frozenBy: text('frozen_by'),
  freezeReason: text('freeze_reason'),
  inProgress: integer('in_progress').notNull().default(0),
  betweenStages: integer('between_stages').notNull().default(0),
  waiting: integer('waiting').notNull().default(0),
  headId: big('head_id'),
  headPriority: smallint('head_priority'),
  headHasBegun: boolean('head_has_begun').notNull().default(false),
  agentId: text('agent_id'),
  skill: text('skill'),
  questId: text('quest_id'),
  actorId: text('actor_id'),
});

/** Orders to stop a run. */
export const runStops = pgTable('run_stops', {
  runId: uuid('run_id').primaryKey(),
  taskId: big('task_id').notNull(),
  stopId: big('stop_id').notNull(),
  askedAt: instant('asked_at')
    .notNull()
    .default(sql`clock_timestamp()`),
  askedBy: text('asked_by').notNull(),
  reason: text('reason').notNull(),
  nextStatus: text('next_status').$type<'queued' | 'cancelled'>().notNull(),
  worker: text('worker'),
  host: text('host'),
  pid: integer('pid'),
  fenceAt: instant('fence_at').notNull(),
  toldAt: instant('told_at'),
  endedAt: instant('ended_at'),
  outcome: text('outcome').$type<'obeyed' | 'fenced' | 'ended'>(),
});

/** What the reaper has done so far. */
export const reaperTotals = pgTable('reaper_totals', {
  onlyRow: boolean('only_row').primaryKey().default(true),
  byLease: big('by_lease').notNull().default(0n),
  byProcessGone: big('by_process_gone').notNull().default(0n),
  byOtherBoot: big('by_other_boot').notNull().default(0n),
  impossibleQueued: big('impossible_queued').notNull().default(0n),
  lastTickAt: instant('last_tick_at'),
  rowsFailing: integer('rows_failing').notNull().default(0),
});

/** How many tasks have finished: all rows are summed up. Made by `orchestra_turn` and by triggers. */
export const taskTotals = pgTable('task_totals', {
  succeeded: big('succeeded').notNull(),
  failed: big('failed').notNull(),
  cancelled: big('cancelled').notNull(),
});

/** What happened in the queue in each minute of the last eight days. */
export const queueMinutes = pgTable('queue_minutes', {
  at: instant('at').primaryKey(),
  claimed: integer('claimed').notNull(),
  completed: integer('completed').notNull(),
  failed: integer('failed').notNull(),
  deferred: integer('deferred').notNull(),
});

/** The tail of what a task's last run has printed so far. Not logged: it is lost when the server crashes. */
export const taskOutput = pgTable('task_output', {
  printed: big('printed'),
  taskId: big('task_id').primaryKey(),
  runId: uuid('run_id').notNull(),
  tail: text('tail').notNull(),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
});

/** What each runner's worker last said of its environment. */
export const runnerPreflights = pgTable(
  'runner_preflights',
  {
    runner: text('runner').notNull(),
    worker: text('worker').notNull(),
    at: instant('at')
      .notNull()
      .default(sql`now()`),
    host: text('host'),
    outcome: text('outcome').$type<OutcomeKind>().notNull(),
    execHostSide: boolean('exec_host_side').notNull().default(false),
    summary: text('summary').notNull(),
    fix: text('fix'),
    checks: jsonb('checks').$type<PreflightView['checks']>().notNull().default([]),
  },
  (table) => [primaryKey({ columns: [table.runner, table.worker] })],
);

/** Which workers have asked for tasks of which labels, and when last. Null labels: any. */
export const workerSightings = pgTable(
  'worker_sightings',
  {
    worker: text('worker').notNull(),
    wants: text('wants').notNull(),
    host: text('host'),
    agents: text('agents').array(),
    skills: text('skills').array(),
    seenAt: instant('seen_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.worker, table.wants] })],
);

/** What worker-claimer goes by, for claims without it: one row. */
export const queueSettings = pgTable('queue_settings', {
  onlyRow: boolean('only_row').primaryKey().default(true),
  leaseSeconds: doublePrecision('lease_seconds').notNull(),
  gatedRepos: text('gated_repos').array(),
  kept: jsonb('kept'),
  rules: text('rules').notNull(),
  stages: jsonb('stages').notNull(),
  questionRepos: text('question_repos').array(),
  autoParkRepos: text('auto_park_repos').array(),
  writtenAt: instant('written_at'),
});

/** When each round that looks after the queue was made last, where workers make it. */
export const queueUpkeep = pgTable('queue_upkeep', {
  round: text('round').primaryKey(),
  doneAt: instant('done_at')
    .notNull()
    .default(sql`'-infinity'`),
  heardSince: instant('heard_since'),
});

/** How far the ids had come at an earlier look. */
export const horizonLook = pgTable('horizon_look', {
  onlyRow: boolean('only_row').primaryKey().default(true),
  lastId: big('last_id'),
  of: text('of'),
  resets: big('resets'),
  writers: text('writers').array(),
});

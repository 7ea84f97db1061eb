import { bigint, integer, jsonb, pgTable, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { TASK_EVENT_KINDS, TaskStatus } from './contract/index.ts';

// Types for plain reads. The tables themselves are made by `migrations/`; `schema.db.test.ts` holds the two together.

const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
const big = (name: string) => bigint(name, { mode: 'bigint' });

export const tasks = pgTable('tasks', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  repo: text('repo'),
  agentId: text('agent_id'),
  skill: text('skill'),
  questId: text('quest_id'),
  actorId: text('actor_id'),
  priority: smallint('priority').notNull().default(0),
  payload: jsonb('payload').$type<Record<string, unknown>>().notNull().default({}),
  status: text('status').$type<TaskStatus>().notNull().default('queued'),
  nextEligibleAt: instant('next_eligible_at').notNull().defaultNow(),
  deferredBy: big('deferred_by'),
  runId: uuid('run_id'),
  workerId: text('worker_id'),
  host: text('host'),
  pid: integer('pid'),
  startedAt: instant('started_at'),
  heartbeatAt: instant('heartbeat_at'),
  attempt: integer('attempt').notNull().default(0),
  maxAttempts: integer('max_attempts').notNull().default(3),
  cursor: jsonb('cursor'),
  result: jsonb('result'),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
});

export const taskEvents = pgTable('task_events', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  taskId: big('task_id').notNull(),
  runId: uuid('run_id'),
  kind: text('kind').$type<(typeof TASK_EVENT_KINDS)[number]>().notNull(),
  at: instant('at').notNull().defaultNow(),
  by: text('by').notNull(),
  data: jsonb('data'),
});

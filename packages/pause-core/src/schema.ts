import { instantColumn, jsonbColumn } from '@orchestra/database';
import {
  bigint,
  bigserial,
  boolean,
  customType,
  date,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  smallint,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';
import type { Role, Severity } from './contract/index.ts';
import type { PauseSource, PauseThen } from './pause.ts';
import type { TokenLabels } from './token-labels.ts';
import type { LabelKind, Labels, ScopeKind } from './scope.ts';

// Types for plain reads. The tables themselves, with their checks, indexes and triggers, are made by `migrations/`;
// `schema.db.test.ts` holds the two together column by column.

const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' });
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const instant = instantColumn;
const jsonb = jsonbColumn;
// Ids stay exact: they leave the database as bigint and the process as text.
const big = (name: string) => bigint(name, { mode: 'bigint' });

export const senatePause = pgTable('senate_pause', {
  scopeKind: text('scope_kind').$type<ScopeKind>().notNull(),
  scopeValue: text('scope_value').notNull(),
  pausedAt: instant('paused_at')
    .notNull()
    .default(sql`now()`),
  pausedBy: text('paused_by').notNull(),
  reason: text('reason').notNull(),
  ttlSeconds: integer('ttl_seconds'),
  clearedAt: instant('cleared_at'),
  clearedBy: text('cleared_by'),
  id: big('id').generatedByDefaultAsIdentity().primaryKey(),
  source: text('source').$type<PauseSource>().notNull(),
  quietAt: instant('quiet_at'),
  endsAs: text('ends_as').$type<PauseThen>().notNull().default('resume'),
  periodSeconds: integer('period_seconds'),
  stayedAt: instant('stayed_at'),
  probingAt: instant('probing_at'),
  probeTaskId: big('probe_task_id'),
  warnings: smallint('warnings').notNull().default(0),
  warnedAt: instant('warned_at'),
  traceparent: text('traceparent'),
  also: jsonb('also').$type<Labels>(),
});

/** Labels that no lane and no sighting shows any more. */
export const keepKnown = pgTable(
  'known_labels',
  {
    kind: text('kind').$type<LabelKind>().notNull(),
    value: text('value').notNull(),
    folded: text('folded').notNull(),
    seenOn: date('seen_on')
      .notNull()
      .default(sql`current_date`),
  },
  (table) => [primaryKey({ columns: [table.kind, table.value] })],
);

export const senateAlerts = pgTable('senate_alerts', {
  id: bigserial('id', { mode: 'bigint' }).primaryKey(),
  kind: text('kind').notNull().default('unnamed'),
  refId: text('ref_id'),
  severity: text('severity').$type<Severity>().notNull().default('medium'),
  details: jsonb('details'),
  createdAt: instant('created_at')
    .notNull()
    .default(sql`now()`),
  ackAt: instant('ack_at'),
  ackBy: text('ack_by'),
  fedPause: big('fed_pause'),
  sourceKey: text('source_key'),
  notedAt: instant('noted_at').default(sql`now()`),
  sourceResolvedAt: instant('source_resolved_at'),
});

export const senateAudit = pgTable('senate_audit', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
  by: text('by').notNull(),
  action: text('action').notNull(),
  subjectKind: text('subject_kind').notNull(),
  subjectId: text('subject_id').notNull(),
  why: text('why'),
  data: jsonb('data'),
});

export const senateEvents = pgTable('senate_events', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  at: instant('at')
    .notNull()
    .default(sql`now()`),
  type: text('type').notNull(),
  data: jsonb('data').notNull(),
  position: big('position').unique(),
  // The transaction that wrote it, by which a claim's snapshot tells whether it saw the event.
  xid: xid8('xid').default(sql`pg_current_xact_id()`),
  // The cluster that counted it.
  cluster: text('cluster').default(sql`cluster_id()`),
});

export const apiTokens = pgTable('api_tokens', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  tokenSha256: bytea('token_sha256').notNull().unique(),
  createdAt: instant('created_at')
    .notNull()
    .default(sql`now()`),
  createdBy: text('created_by').notNull(),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
  labels: jsonb('labels').$type<TokenLabels>(),
});

/** One row at the most: when the brake was last proved by the self-test. */
export const brakeProof = pgTable('brake_proof', {
  onlyOne: boolean('only_one').primaryKey().default(true),
  everySeconds: integer('every_seconds'),
  watchedSince: instant('watched_since'),
  triedAt: instant('tried_at'),
  provedAt: instant('proved_at'),
  failedAt: instant('failed_at'),
  failure: text('failure'),
  alertedAt: instant('alerted_at'),
});

/** What operators let go of paused backlogs, one task at a time. */
export const senateReleases = pgTable('senate_releases', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  pauseId: big('pause_id').notNull(),
  askedAt: instant('asked_at')
    .notNull()
    .default(sql`now()`),
  askedBy: text('asked_by').notNull(),
  reason: text('reason'),
  gapSeconds: doublePrecision('gap_seconds'),
  nextAt: instant('next_at')
    .notNull()
    .default(sql`now()`),
  released: big('released')
    .notNull()
    .default(sql`0`),
  lastTaskId: big('last_task_id'),
  endedAt: instant('ended_at'),
  endedAs: text('ended_as').$type<'done' | 'stopped' | 'replaced'>(),
});

export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    principal: text('principal').notNull(),
    key: text('key').notNull(),
    requestSha256: bytea('request_sha256').notNull(),
    answer: jsonb('answer'),
    createdAt: instant('created_at')
      .notNull()
      .default(sql`now()`),
  },
  (table) => [primaryKey({ columns: [table.principal, table.key] })],
);

export const noticeTargets = pgTable('notice_targets', {
  name: text('name').primaryKey(),
  position: big('position').notNull(),
  addressSha256: bytea('address_sha256').notNull(),
  seenAt: instant('seen_at')
    .notNull()
    .default(sql`now()`),
  restingUntil: instant('resting_until'),
  failures: integer('failures').notNull().default(0),
  goneAt: instant('gone_at'),
  delivered: big('delivered').notNull().default(0n),
  givenUp: big('given_up').notNull().default(0n),
  lastSuccessAt: instant('last_success_at'),
  lastFailureAt: instant('last_failure_at'),
  lastFailure: text('last_failure'),
  eventMark: text('event_mark'),
  eventAt: instant('event_at'),
});

export const noticeDeliveries = pgTable(
  'notice_deliveries',
  {
    target: text('target').notNull(),
    position: big('position').notNull(),
    eventId: big('event_id').notNull(),
    subject: text('subject').notNull(),
    type: text('type').notNull(),
    at: instant('at').notNull(),
    data: jsonb('data').notNull(),
    tries: integer('tries').notNull().default(0),
    nextTryAt: instant('next_try_at')
      .notNull()
      .default(sql`now()`),
    heldBy: uuid('held_by'),
    heldUntil: instant('held_until'),
  },
  (table) => [primaryKey({ columns: [table.target, table.position] })],
);

/** The processes that ask before each step whether it is paused. */
export const turnGates = pgTable('turn_gates', {
  id: text('id').primaryKey(),
  tokenId: big('token_id').notNull(),
  reportedBy: text('reported_by').notNull(),
  name: text('name').notNull(),
  kind: text('kind').notNull(),
  host: text('host'),
  keepsCopy: boolean('keeps_copy').notNull(),
  stopsWhenUnknown: boolean('stops_when_unknown').notNull(),
  beganAt: instant('began_at')
    .notNull()
    .default(sql`now()`),
  seenAt: instant('seen_at')
    .notNull()
    .default(sql`now()`),
  leftAt: instant('left_at'),
  knownPauses: big('known_pauses').array(),
});

/** How often each pause was met by which gate. */
export const gateRefusals = pgTable(
  'gate_refusals',
  {
    pauseId: big('pause_id').notNull(),
    gate: text('gate').notNull(),
    agentId: text('agent_id').notNull(),
    reportedBy: text('reported_by').notNull(),
    skill: text('skill'),
    refused: big('refused').notNull(),
    firstAt: instant('first_at').notNull(),
    lastAt: instant('last_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.pauseId, table.gate, table.agentId] })],
);

/** Queues of other engines in this database whose claims read our pauses. */
export const attachments = pgTable('attachments', {
  name: text('name').primaryKey(),
  engine: text('engine').notNull(),
  queue: jsonb('queue').notNull(),
  attachedAt: instant('attached_at')
    .notNull()
    .default(sql`now()`),
  attachedBy: text('attached_by')
    .notNull()
    .default(sql`current_user`),
});

/** Those in other databases; the active pauses are copied there. */
export const attachedElsewhere = pgTable('attached_elsewhere', {
  name: text('name').primaryKey(),
  engine: text('engine').notNull(),
  queue: jsonb('queue').notNull(),
  url: text('url').notNull(),
  schema: text('schema').notNull(),
  key: uuid('key').notNull(),
  attachedAt: instant('attached_at')
    .notNull()
    .default(sql`now()`),
  attachedBy: text('attached_by')
    .notNull()
    .default(sql`current_user`),
});

/** The tables of those in this database, and how row security was on each before. */
export const attachedTables = pgTable(
  'attached_tables',
  {
    tableSchema: text('table_schema').notNull(),
    tableName: text('table_name').notNull(),
    attachment: text('attachment').notNull(),
    hadRowSecurity: boolean('had_row_security').notNull(),
    hadForce: boolean('had_force').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tableSchema, table.tableName] })],
);

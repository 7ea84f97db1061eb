import { bigint, bigserial, customType, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { Role, Severity } from './contract/index.ts';
import type { PauseSource } from './pause.ts';
import type { ScopeKind } from './scope.ts';

// Types for plain reads. The tables themselves, with their checks, indexes and triggers, are made by `migrations/`;
// `schema.db.test.ts` holds the two together column by column.

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
// Ids stay exact: they leave the database as bigint and the process as text.
const big = (name: string) => bigint(name, { mode: 'bigint' });

export const senatePause = pgTable('senate_pause', {
  scopeKind: text('scope_kind').$type<ScopeKind>().notNull(),
  scopeValue: text('scope_value').notNull(),
  pausedAt: instant('paused_at').notNull().defaultNow(),
  pausedBy: text('paused_by').notNull(),
  reason: text('reason').notNull(),
  ttlSeconds: integer('ttl_seconds'),
  clearedAt: instant('cleared_at'),
  clearedBy: text('cleared_by'),
  id: big('id').generatedByDefaultAsIdentity().unique(),
  source: text('source').$type<PauseSource>().notNull(),
  quietAt: instant('quiet_at'),
}, (table) => [primaryKey({ columns: [table.scopeKind, table.scopeValue, table.pausedAt] })]);

export const senateAlerts = pgTable('senate_alerts', {
  id: bigserial('id', { mode: 'bigint' }).primaryKey(),
  kind: text('kind'),
  refId: text('ref_id'),
  severity: text('severity').$type<Severity>().notNull().default('medium'),
  details: jsonb('details'),
  createdAt: instant('created_at').defaultNow(),
  ackAt: instant('ack_at'),
  ackBy: text('ack_by'),
});

export const senateAudit = pgTable('senate_audit', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  at: instant('at').notNull().defaultNow(),
  by: text('by').notNull(),
  action: text('action').notNull(),
  subjectKind: text('subject_kind').notNull(),
  subjectId: text('subject_id').notNull(),
  why: text('why'),
  data: jsonb('data'),
});

export const senateEvents = pgTable('senate_events', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  at: instant('at').notNull().defaultNow(),
  type: text('type').notNull(),
  data: jsonb('data').notNull(),
  position: big('position').unique(),
});

export const apiTokens = pgTable('api_tokens', {
  id: big('id').generatedAlwaysAsIdentity().primaryKey(),
  name: text('name').notNull(),
  role: text('role').$type<Role>().notNull(),
  tokenSha256: bytea('token_sha256').notNull().unique(),
  createdAt: instant('created_at').notNull().defaultNow(),
  createdBy: text('created_by').notNull(),
  expiresAt: instant('expires_at'),
  lastUsedAt: instant('last_used_at'),
  revokedAt: instant('revoked_at'),
});

export const idempotencyKeys = pgTable('idempotency_keys', {
  principal: text('principal').notNull(),
  key: text('key').notNull(),
  requestSha256: bytea('request_sha256').notNull(),
  answer: jsonb('answer'),
  createdAt: instant('created_at').notNull().defaultNow(),
}, (table) => [primaryKey({ columns: [table.principal, table.key] })]);

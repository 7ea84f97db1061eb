import { z } from 'zod';
import { PAUSE_SOURCES } from '../pause.ts';
import { id, instant, label, page, queryFlag, reason } from './text.ts';

export const scopeKind = z.enum(['agent', 'skill', 'quest', 'actor']).meta({ id: 'ScopeKind' });

/** Ten years, the longest that a pause may be asked to last. */
export const TTL_SECONDS_MAX = 10 * 366 * 24 * 3_600;

export const ttlSeconds = z.int('must be a whole number of seconds')
  .min(1, 'must be at least 1 second')
  .max(TTL_SECONDS_MAX, 'must be at most ten years')
  .meta({ id: 'TtlSeconds', example: 1_800 });

/** `POST /api/senate/pause` */
export const pauseRequest = z.strictObject({
  scope_kind: scopeKind,
  scope_value: label,
  reason,
  ttl_seconds: ttlSeconds.nullish().describe('absent or null: until someone clears it'),
}).meta({ id: 'PauseRequest' });

export const pauseQuery = z.strictObject({ dry_run: queryFlag.optional() });

/** `POST /api/senate/unpause`: everything active on one scope, or one pause by its id. */
export const unpauseRequest = z.union([
  z.strictObject({ scope_kind: scopeKind, scope_value: label, reason: reason.optional() }),
  z.strictObject({ id, reason: reason.optional() }),
]).meta({ id: 'UnpauseRequest' });

/** A pause as everyone outside sees it. */
export const pauseView = z.strictObject({
  id,
  scope_kind: scopeKind,
  scope_value: z.string(),
  reason: z.string(),
  source: z.enum(PAUSE_SOURCES),
  paused_at: instant,
  paused_by: z.string(),
  ttl_seconds: z.int().nullable(),
  expires_at: instant.nullable(),
  cleared_at: instant.nullable(),
  cleared_by: z.string().nullable(),
  quiet_at: instant.nullable().describe('when the last run that the pause found in flight had ended'),
}).meta({ id: 'Pause' });

/** A run that began before the pause and goes on to its normal end. */
export const runInFlight = z.strictObject({
  task_id: id,
  run_id: z.uuid(),
  worker: z.string(),
  host: z.string().nullable(),
  started_at: instant,
  heartbeat_at: instant,
  agent_id: z.string().nullable(),
  skill: z.string().nullable(),
  quest_id: z.string().nullable(),
  actor_id: z.string().nullable(),
}).meta({ id: 'RunInFlight' });

/** What a pause call answers. */
export const pauseReceipt = z.strictObject({
  ...pauseView.shape,
  settled: z.boolean().describe('true: from this instant on no covered task can become claimed'),
  in_flight: z.array(runInFlight).describe('the first 200'),
  in_flight_count: z.int(),
  claimed_ahead: z.array(runInFlight).describe('claimed by workers that prefetch, and not begun as far as these have said: each is looked at again before it begins, and goes back; the first 200'),
  claimed_ahead_count: z.int(),
  queued: z.int().describe('tasks that wait under this pause, counted up to 10000'),
  queued_more: z.boolean().describe('true: more wait than were counted'),
}).meta({ id: 'PauseReceipt' });

/** What a pause would hold, asked with `dry_run`. Nothing is written. */
export const pausePreview = z.strictObject({
  dry_run: z.literal(true),
  scope_kind: scopeKind,
  scope_value: z.string(),
  in_flight: z.array(runInFlight).describe('the first 200'),
  in_flight_count: z.int(),
  claimed_ahead: z.array(runInFlight).describe('the first 200'),
  claimed_ahead_count: z.int(),
  queued: z.int(),
  queued_more: z.boolean(),
  other_pauses: z.array(pauseView).describe('already active on the same scope'),
}).meta({ id: 'PausePreview' });

export const unpauseAnswer = z.strictObject({
  cleared: z.array(pauseView),
  still_paused: z.array(pauseView).describe('active pauses left on the same scope'),
}).meta({ id: 'UnpauseAnswer' });

/** An active pause in a list. */
export const activePauseView = z.strictObject({
  ...pauseView.shape,
  age_seconds: z.number(),
  remaining_seconds: z.number().nullable().describe('null: until cleared'),
  in_flight_count: z.int(),
  claimed_ahead_count: z.int().describe('claimed by workers that prefetch, and not begun as far as these have said'),
  queued: z.int(),
  quiet: z.boolean().describe('no run covered by the pause is in flight any more, and none is claimed ahead'),
}).meta({ id: 'ActivePause' });

/** `GET /api/senate/pauses/active` */
export const heldNowQuery = z.strictObject({
  max_age_ms: z.coerce.number().int().min(0).max(60_000).default(2_000).describe('how old the answer may be; 0: read anew'),
  known: z.string().min(1).max(100).optional().describe('the `version` of an earlier answer'),
});
export const heldNow = z.strictObject({
  age_ms: z.number().describe('how long ago this was read from the database'),
  version: z.string(),
  pauses: z.array(z.strictObject({ ...pauseView.shape, remaining_seconds: z.number().nullable().describe('null: until cleared') })).nullable().describe('null: as in the version that is known'),
}).meta({ id: 'HeldNow' });

export const pausesQuery = z.strictObject({
  ...page.shape,
  history: queryFlag.optional(),
  scope_kind: scopeKind.optional(),
  scope_value: label.optional(),
});

export const activePauses = z.strictObject({ pauses: z.array(activePauseView), next_cursor: z.string().nullable() }).meta({ id: 'ActivePauses' });
export const pauseHistory = z.strictObject({ pauses: z.array(pauseView), next_cursor: z.string().nullable() }).meta({ id: 'PauseHistory' });

/** `GET /api/senate/pauses/check` */
export const checkQuery = z.strictObject({
  agent_id: label.optional(),
  skill: label.optional(),
  quest_id: label.optional(),
  actor_id: label.optional(),
});

export const checkAnswer = z.strictObject({
  paused: z.boolean(),
  reason: z.string().nullable(),
  pause: pauseView.nullable().describe('the one that is named when several cover the labels'),
  stale: z.boolean().describe('true: the database could not be asked lately; this is what was last known'),
}).meta({ id: 'CheckAnswer' });

export type PauseView = z.infer<typeof pauseView>;
export type ActivePauseView = z.infer<typeof activePauseView>;
export type PauseReceipt = z.infer<typeof pauseReceipt>;
export type PausePreview = z.infer<typeof pausePreview>;
export type UnpauseAnswer = z.infer<typeof unpauseAnswer>;
export type RunInFlight = z.infer<typeof runInFlight>;
export type CheckAnswer = z.infer<typeof checkAnswer>;
export type PauseRequest = z.infer<typeof pauseRequest>;
export type UnpauseRequest = z.infer<typeof unpauseRequest>;
export type HeldNow = z.infer<typeof heldNow>;
export type ActivePauses = z.infer<typeof activePauses>;
export type PauseHistory = z.infer<typeof pauseHistory>;

import type { Pause, PauseSource, PauseThen } from '../pause.ts';
import type { Labels, ScopeKind } from '../scope.ts';

/** The columns of `senate_pause` (or of the view `active_pauses`) that make a {@link Pause}. */
export const PAUSE_COLUMNS =
  'p.id, p.scope_kind, p.scope_value, p.also, p.reason, p.source, p.paused_at, p.paused_by, ' +
  'p.ttl_seconds, p.cleared_at, p.cleared_by, p.quiet_at, p.ends_as, p.stayed_at, p.probing_at, ' +
  'p.probe_task_id, p.warned_at';

export interface PauseRow {
  id: string;
  scope_kind: ScopeKind;
  scope_value: string;
  also: Labels | null;
  reason: string;
  source: PauseSource;
  paused_at: Date;
  paused_by: string;
  ttl_seconds: number | null;
  cleared_at: Date | null;
  cleared_by: string | null;
  quiet_at: Date | null;
  ends_as: PauseThen;
  stayed_at: Date | null;
  probing_at: Date | null;
  probe_task_id: string | null;
  warned_at: Date | null;
}

export function toPause(row: PauseRow): Pause {
  return {
    id: row.id,
    scope: { kind: row.scope_kind, value: row.scope_value, ...(row.also === null ? {} : { also: row.also }) },
    reason: row.reason,
    source: row.source,
    pausedAt: row.paused_at,
    pausedBy: row.paused_by,
    ttlSeconds: row.ttl_seconds,
    clearedAt: row.cleared_at,
    clearedBy: row.cleared_by,
    quietAt: row.quiet_at,
    endsAs: row.ends_as,
    stayedAt: row.stayed_at,
    probingAt: row.probing_at,
    probeTaskId: row.probe_task_id,
    warnedAt: row.warned_at,
  };
}

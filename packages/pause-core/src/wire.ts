import type { ActivePauseView, AlertView, PauseView } from './contract/index.ts';
import { expiresAt, type ActivePause, type Pause } from './pause.ts';
import type { Alert } from './queries/alert-row.ts';
import { scopeOf } from './scope.ts';

/** A pause as the contract tells it: snake_case, instants as text. */
export function toPauseView(pause: Pause): PauseView {
  return {
    id: pause.id,
    scope_kind: pause.scope.kind,
    scope_value: pause.scope.value,
    also: pause.scope.also ?? null,
    reason: pause.reason,
    source: pause.source,
    paused_at: pause.pausedAt.toISOString(),
    paused_by: pause.pausedBy,
    ttl_seconds: pause.ttlSeconds,
    expires_at: expiresAt(pause)?.toISOString() ?? null,
    cleared_at: pause.clearedAt?.toISOString() ?? null,
    cleared_by: pause.clearedBy,
    quiet_at: pause.quietAt?.toISOString() ?? null,
    then: pause.endsAs,
    stayed_at: pause.stayedAt?.toISOString() ?? null,
    probing_at: pause.probingAt?.toISOString() ?? null,
    probe_task_id: pause.probeTaskId,
    warned_at: pause.warnedAt?.toISOString() ?? null,
  };
}

/** The other way: an active pause that came over the wire, for a replica that is fed through REST. */
export function fromHeldPause(view: Pick<ActivePauseView, keyof PauseView | 'remaining_seconds'>): ActivePause {
  return {
    id: view.id,
    scope: scopeOf(view),
    reason: view.reason,
    source: view.source,
    pausedAt: new Date(view.paused_at),
    pausedBy: view.paused_by,
    ttlSeconds: view.ttl_seconds,
    clearedAt: null,
    clearedBy: null,
    quietAt: toDate(view.quiet_at),
    endsAs: view.then,
    stayedAt: toDate(view.stayed_at),
    probingAt: toDate(view.probing_at),
    probeTaskId: view.probe_task_id,
    warnedAt: toDate(view.warned_at),
    remainingMs: view.remaining_seconds === null ? null : view.remaining_seconds * 1_000,
  };
}

function toDate(instant: string | null): Date | null {
  return instant === null ? null : new Date(instant);
}

export function toAlertView(alert: Alert): AlertView {
  return {
    id: alert.id,
    kind: alert.kind,
    ref_id: alert.refId,
    severity: alert.severity,
    details: alert.details,
    created_at: alert.createdAt?.toISOString() ?? null,
    ack_at: alert.ackAt?.toISOString() ?? null,
    ack_by: alert.ackBy,
    resolved_at: alert.resolvedAt?.toISOString() ?? null,
    fed: alert.fedPause,
    ...(alert.unreadable.length === 0 ? {} : { unreadable: alert.unreadable }),
  };
}

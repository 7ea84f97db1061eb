import { CANARY_AGENT_PREFIX } from '@orchestra/pause-core';
import {
  labelsOf,
  SEVERITIES,
  type ScopeKind,
  type ScopeLabels,
  type SenateEvent,
} from '@orchestra/pause-core/contract';
import type { NoticeTarget } from './target.ts';

/**
 * Does this target get the event? An alert is about an actor, a pause about each label that it names; a scope without a
 * value is every scope of its kind.
 */
export function wants(target: NoticeTarget, event: SenateEvent): boolean {
  if (event.type === 'snapshot' || !target.types.has(event.type)) return false;
  // It has many scopes or none, and is for who asks for everything.
  // The brake is proved again and again; that it could not be is an alert. And a task that a person lets go of a paused
  // backlog is news to nobody.
  if (
    'scope_value' in event.data &&
    event.data.scope_kind === 'agent' &&
    String(event.data.scope_value).startsWith(CANARY_AGENT_PREFIX)
  )
    return false;
  if (event.type === 'pause.probing' && event.data.probing_at === null) return false;
  if (event.type === 'run.stopping') return target.scopes.length === 0;
  // As the row has them: one that was written by hand may lack a label, and is given up where it cannot be worded.
  const about = 'scope_kind' in event.data ? labelsNamed(event.data) : [['actor', event.data.ref_id] as const];
  const isOfFleet = 'scope_kind' in event.data && event.data.scope_kind === 'fleet';
  // The whole fleet is in every scope.
  const inScope =
    target.scopes.length === 0 ||
    isOfFleet ||
    target.scopes.some(({ kind, value }) => about.some(([k, v]) => kind === k && (value === undefined || value === v)));
  return inScope && (!('severity' in event.data) || atLeast(event.data.severity, target.minSeverity));
}

function labelsNamed({
  scope_kind: kind,
  scope_value: value,
  also,
}: {
  scope_kind: ScopeKind;
  scope_value: string;
  also?: ScopeLabels | null | undefined;
}) {
  return labelsOf({ kind, value, ...(also === null || also === undefined ? {} : { also }) });
}

/** A severity that an older system wrote and nobody knows is told: better one too many. */
function atLeast(severity: string, min: NoticeTarget['minSeverity']): boolean {
  const rank = SEVERITIES.findIndex((known) => known === severity);
  return rank === -1 || rank >= SEVERITIES.indexOf(min);
}

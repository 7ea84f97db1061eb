import { SEVERITIES, type SenateEvent } from '@orchestra/pause-core/contract';
import type { NoticeTarget } from './target.ts';

/** Is this target to be told of the event? An alert is about an actor; a scope without a value is every scope of its kind. */
export function wants(target: NoticeTarget, event: SenateEvent): boolean {
  if (event.type === 'snapshot' || !target.types.has(event.type)) return false;
  // It has many scopes or none, and is for who asks for everything.
  if (event.type === 'run.stopping') return target.scopes.length === 0;
  const about = 'scope_kind' in event.data ? { kind: event.data.scope_kind, value: event.data.scope_value } : { kind: 'actor', value: event.data.ref_id };
  const inScope = target.scopes.length === 0 || target.scopes.some(({ kind, value }) => kind === about.kind && (value === undefined || value === about.value));
  return inScope && (!('severity' in event.data) || atLeast(event.data.severity, target.minSeverity));
}

/** A severity that an older system wrote and nobody knows is told: better one too many. */
function atLeast(severity: string, min: NoticeTarget['minSeverity']): boolean {
  const rank = SEVERITIES.findIndex((known) => known === severity);
  return rank === -1 || rank >= SEVERITIES.indexOf(min);
}

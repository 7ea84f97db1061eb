import type { PauseView, Scope } from '@orchestra/pause-core/contract';
import { SCOPE_KINDS, scopeOf } from '@orchestra/pause-core/scope';

/** Marks an element with a scope, for the key that pauses it. */
export function scopeData({
  scope_kind: kind,
  scope_value: value,
  also,
}: Pick<PauseView, 'scope_kind' | 'scope_value' | 'also'>): Record<string, string> {
  return {
    'data-scope-kind': kind,
    'data-scope-value': value,
    ...(also === null ? {} : { 'data-scope-also': JSON.stringify(also) }),
  };
}

/** The scope that an element is marked with; undefined: none. */
export function readScopeData({ scopeKind, scopeValue, scopeAlso }: DOMStringMap): Scope | undefined {
  const kind = SCOPE_KINDS.find((one) => one === scopeKind);
  if (kind === undefined || scopeValue === undefined) return undefined;
  const named: unknown = scopeAlso === undefined ? null : JSON.parse(scopeAlso);
  const also =
    typeof named === 'object' && named !== null
      ? Object.fromEntries(
          Object.entries(named).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
        )
      : null;
  return scopeOf({ scope_kind: kind, scope_value: scopeValue, also });
}

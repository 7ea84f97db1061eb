import type { ScopeKind, ScopeLabels } from '@orchestra/pause-core/contract';
import { labelsOf, scopeOf } from '@orchestra/pause-core/scope';
import type { VNode } from 'preact';
import { Prose } from './prose.tsx';

/** A scope as it is spoken of everywhere: each kind, then its value; or the whole fleet. */
export function ScopeName({
  of,
}: {
  of: { scope_kind: ScopeKind; scope_value: string; also?: ScopeLabels | null | undefined };
}): VNode {
  if (of.scope_kind === 'fleet')
    return (
      <span class="scope">
        <b>the whole fleet</b>
      </span>
    );
  return (
    <span class="scope">
      {labelsOf(scopeOf(of)).map(([kind, value], index) => (
        <span key={kind}>
          {index > 0 && ' + '}
          <span class="kind">{kind}</span>{' '}
          <b>
            <Prose text={value} />
          </b>
        </span>
      ))}
    </span>
  );
}

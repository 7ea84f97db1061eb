import type { ScopeKind } from '@orchestra/pause-core/contract';
import type { VNode } from 'preact';
import { Prose } from './prose.tsx';

/** A scope as it is spoken of everywhere: the kind, then the value. */
export function ScopeName({ kind, value }: { kind: ScopeKind; value: string }): VNode {
  return <span class="scope"><span class="kind">{kind}</span> <b><Prose text={value} /></b></span>;
}

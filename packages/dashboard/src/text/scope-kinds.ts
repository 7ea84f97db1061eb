import type { ScopeKind } from '@orchestra/pause-core/contract';

// Total, so that a kind added to the contract does not compile until this page knows it.
const FIELD: Record<ScopeKind, 'agent_id' | 'skill' | 'quest_id' | 'actor_id'> = { agent: 'agent_id', skill: 'skill', quest: 'quest_id', actor: 'actor_id' };

export const SCOPE_KIND_NAMES: readonly ScopeKind[] = ['agent', 'skill', 'quest', 'actor'];

/** The kind that a word from an address names; null for any other word. */
export function scopeKindOf(word: string | null): ScopeKind | null {
  return SCOPE_KIND_NAMES.find((kind) => kind === word) ?? null;
}

/** The field of a task that carries a scope's label. */
export function labelField(kind: ScopeKind): (typeof FIELD)[ScopeKind] {
  return FIELD[kind];
}

import type { LabelKind, Scope } from '@orchestra/pause-core/contract';

// Total, so that a kind added to the contract does not compile until this page knows it.
const FIELD: Record<LabelKind, 'agent_id' | 'skill' | 'quest_id' | 'actor_id'> = {
  agent: 'agent_id',
  skill: 'skill',
  quest: 'quest_id',
  actor: 'actor_id',
};

export const SCOPE_KIND_NAMES: readonly LabelKind[] = ['agent', 'skill', 'quest', 'actor'];

/** The kind that a word from an address names; null for any other word. */
export function scopeKindOf(word: string | null): LabelKind | null {
  return SCOPE_KIND_NAMES.find((kind) => kind === word) ?? null;
}

/** The fields by which a list of tasks shows what a scope covers; of the fleet none. */
export function labelFields({ kind, value, also = {} }: Scope): Record<string, string> {
  if (kind === 'fleet') return {};
  const named = { ...also, [kind]: value };
  return Object.fromEntries(
    SCOPE_KIND_NAMES.flatMap((one) => {
      const label = named[one];
      return label === undefined ? [] : [[FIELD[one], label] as const];
    }),
  );
}

/** The field of a task that carries a scope's label. */
export function labelField(kind: LabelKind): (typeof FIELD)[LabelKind] {
  return FIELD[kind];
}

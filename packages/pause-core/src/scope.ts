/** What a pause can stop, strongest first: where several pauses cover a task, this order decides which one is named. */
export const SCOPE_KINDS = ['actor', 'agent', 'skill', 'quest'] as const;

export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** A kind and a value; it covers every task that carries that label. */
export interface Scope {
  kind: ScopeKind;
  value: string;
}

/** The labels of a task. A null or missing label is covered by nothing. */
export interface TaskLabels {
  agentId?: string | null | undefined;
  skill?: string | null | undefined;
  questId?: string | null | undefined;
  actorId?: string | null | undefined;
}

/** The label of a task that a scope of this kind speaks about. */
export function labelFor(kind: ScopeKind, labels: TaskLabels): string | null {
  switch (kind) {
    case 'actor': return labels.actorId ?? null;
    case 'agent': return labels.agentId ?? null;
    case 'skill': return labels.skill ?? null;
    case 'quest': return labels.questId ?? null;
  }
}

/**
 * Does a pause on `scope` hold this task back? One name in two spellings of Unicode is one label (NFC). The claim's
 * SQL must agree, case for case: `covers.db.test.ts`.
 */
export function covers(scope: Scope, labels: TaskLabels): boolean {
  return labelFor(scope.kind, labels)?.normalize('NFC') === scope.value.normalize('NFC');
}

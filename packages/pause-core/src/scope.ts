/** The kinds of labels that a task carries, one of each at most; strongest first. */
export const LABEL_KINDS = ['actor', 'agent', 'skill', 'quest'] as const;

export type LabelKind = (typeof LABEL_KINDS)[number];

/** What a pause can stop, strongest first: where several pauses cover a task, this order decides which one is named. */
export const SCOPE_KINDS = ['fleet', ...LABEL_KINDS] as const;

export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** The skill of the tasks with which the brake is proved. No list of labels tells of it, nor of the agents. */
export const CANARY_LABEL = 'orchestra-doctor';
/** The agents with which the brake is proved begin with this. No real work carries them. */
export const CANARY_AGENT_PREFIX = `${CANARY_LABEL}-`;

/** The value of a scope of the kind `fleet`. It is a sign and no wildcard. */
export const WHOLE_FLEET = '*';

/** Labels by their kinds. */
export type Labels = { [Kind in LabelKind]?: string | undefined };

/** A kind and a value; it covers every task that carries that label, or everything where the kind is `fleet`. */
export interface Scope {
  kind: ScopeKind;
  value: string;
  /** Further labels, of other kinds: the scope covers only tasks that carry all of them. Never empty. */
  also?: Labels | undefined;
}

/** The labels of a task. A null or missing label is covered by the fleet alone. */
export interface TaskLabels {
  agentId?: string | null | undefined;
  skill?: string | null | undefined;
  questId?: string | null | undefined;
  actorId?: string | null | undefined;
}

/** The label of a task that a scope of this kind speaks about. */
export function labelFor(kind: LabelKind, labels: TaskLabels): string | null {
  switch (kind) {
    case 'actor':
      return labels.actorId ?? null;
    case 'agent':
      return labels.agentId ?? null;
    case 'skill':
      return labels.skill ?? null;
    case 'quest':
      return labels.questId ?? null;
  }
}

/** The labels that a scope names, strongest first; of the fleet none. */
export function labelsOf({ kind, value, also }: Scope): (readonly [LabelKind, string])[] {
  if (kind === 'fleet') return [];
  if (also === undefined) return [[kind, value]];
  const named: Labels = { ...also, [kind]: value };
  return LABEL_KINDS.flatMap((one) => {
    const label = named[one];
    return label === undefined ? [] : [[one, label] as const];
  });
}

/**
 * Does a pause on `scope` hold this task back? One name in two spellings of Unicode is one label (NFC). The claim's
 * SQL must agree, case for case: `covers.db.test.ts` goes through one table of cases with both.
 */
export function covers(scope: Scope, labels: TaskLabels): boolean {
  return labelsOf(scope).every(([kind, value]) => labelFor(kind, labels)?.normalize('NFC') === value.normalize('NFC'));
}

/**
 * The one form of a scope, in whatever order its labels were named: the strongest label is the scope's own, all are in
 * NFC. The trigger on `senate_pause` says the same in SQL.
 */
export function inOrder(scope: Scope): Scope {
  const [first, ...others] = labelsOf(scope).map(([kind, value]) => [kind, value.normalize('NFC')] as const);
  if (first === undefined) return { kind: 'fleet', value: WHOLE_FLEET };
  return { kind: first[0], value: first[1], ...(others.length === 0 ? {} : { also: Object.fromEntries(others) }) };
}

/** A scope as calls and views name it, in its one form. */
export function scopeOf({
  scope_kind: kind,
  scope_value: value,
  also,
}: {
  scope_kind: ScopeKind;
  scope_value: string;
  also?: Labels | null | undefined;
}): Scope {
  return inOrder({ kind, value, ...(also === null || also === undefined ? {} : { also }) });
}

/** Do two scopes name the same labels? */
export function isSameScope(one: Scope, other: Scope): boolean {
  const [a, b] = [one, other].map((scope) =>
    labelsOf(scope).map(([kind, value]) => `${kind} ${value.normalize('NFC')}`),
  );
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Such as `agent skeptic`, `agent skeptic + quest q-7`, `the whole fleet`. */
export function scopeText(scope: Scope): string {
  return scope.kind === 'fleet'
    ? 'the whole fleet'
    : labelsOf(scope)
        .map((label) => label.join(' '))
        .join(' + ');
}

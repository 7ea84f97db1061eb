/** The labels that a token may work under, by kind; a kind that is absent is not narrowed. */
export interface TokenLabels {
  agents?: readonly string[] | undefined;
  skills?: readonly string[] | undefined;
  quests?: readonly string[] | undefined;
  actors?: readonly string[] | undefined;
}

export const TOKEN_LABEL_KINDS = ['agents', 'skills', 'quests', 'actors'] as const;
export type TokenLabelKind = (typeof TOKEN_LABEL_KINDS)[number];

const FIELDS = { agents: 'agent_id', skills: 'skill', quests: 'quest_id', actors: 'actor_id' } as const;

/** Labels as a task carries them. */
export interface LabelledWork {
  agent_id?: string | null | undefined;
  skill?: string | null | undefined;
  quest_id?: string | null | undefined;
  actor_id?: string | null | undefined;
}

/**
 * In what a task lies outside the labels of a token, in words; undefined: in nothing. One without the label lies
 * outside too: no pause of it would hold that task.
 */
export function outsideLabels(labels: TokenLabels | null, work: LabelledWork): string | undefined {
  for (const kind of TOKEN_LABEL_KINDS) {
    const allowed = labels?.[kind];
    const field = FIELDS[kind];
    const given = work[field] ?? null;
    if (allowed === undefined || (given !== null && allowed.includes(given))) continue;
    return (
      `this token works for ${field} ${allowed.map((label) => JSON.stringify(label)).join(' or ')} alone, ` +
      `and the task names ${given === null ? 'none' : JSON.stringify(given)}`
    );
  }
  return undefined;
}

/** What a claim may ask for of one kind: what it asks for, as far as the token allows it; undefined: anything. */
export function narrowed(
  asked: readonly string[] | undefined,
  allowed: readonly string[] | undefined,
): readonly string[] | undefined {
  if (allowed === undefined) return asked;
  return asked === undefined ? allowed : asked.filter((label) => allowed.includes(label));
}

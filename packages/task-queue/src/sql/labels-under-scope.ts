import { SCOPE_KINDS, type LabelKind, type Scope, type ScopeKind } from '@orchestra/pause-core';

/** The column that carries a label of this kind. */
export const LABEL_COLUMN: Record<LabelKind, string> = {
  agent: 'agent_id',
  skill: 'skill',
  quest: 'quest_id',
  actor: 'actor_id',
};

const COLUMNS = Object.values(LABEL_COLUMN);

/** The labels of a row as arguments of the SQL functions that judge them. */
export const labelArguments = (labelOf: (column: string) => string): string => COLUMNS.map(labelOf).join(', ');

/** A scope in a statement. Its kind is known when the statement is written; its labels are parameters or columns. */
export interface ScopeInSql {
  kind: ScopeKind;
  value: string;
  /** Further labels as jsonb; absent: there are none. */
  also?: string;
}

/** A scope whose labels are the parameters $1 and $2: {@link scopeParameters}. */
export const scopeOfParameters = (kind: ScopeKind): ScopeInSql => ({ kind, value: '$1', also: '$2::jsonb' });

export function scopeParameters({ value, also }: Scope): [value: string, also: string | null] {
  return [value, also === undefined ? null : JSON.stringify(also)];
}

/**
 * In SQL: is what carries these labels under the scope? As `pause_covers` says, written so that an index by the label
 * serves.
 *
 * @param labelOf SQL of a label by the name of its column
 */
export function labelsUnder(labelOf: (column: string) => string, { kind, value, also }: ScopeInSql): string {
  if (kind === 'fleet') return `(${value}::text is not null${also === undefined ? '' : ` and ${also} is null`})`;
  const first = `${labelOf(LABEL_COLUMN[kind])} = ${value}`;
  return also === undefined ? first : `${first} and labels_match(${also}, ${labelArguments(labelOf)})`;
}

/** The same of a row with a column for each label: a task, a lane or a gate. */
export const underScope = (row: string, scope: ScopeInSql): string =>
  labelsUnder((column) => `${row}.${column}`, scope);

/** The scopes of the pauses in `pause`, one for each kind that they may have. */
export const scopesOf = (pause: string): ScopeInSql[] =>
  SCOPE_KINDS.map((kind) => ({ kind, value: `${pause}.scope_value`, also: `${pause}.also` }));

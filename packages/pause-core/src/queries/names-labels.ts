import { inOrder, type Labels, type Scope, type ScopeKind } from '../scope.ts';

/** Only what names these labels, and perhaps more. */
export interface NamedLabels {
  kind?: ScopeKind | undefined;
  value?: string | undefined;
  also?: Labels | undefined;
}

/**
 * In SQL: does a scope name these labels? Its parameters are {@link namingValues}.
 *
 * @param kind SQL of the scope's kind; `value` and `also` of the rest of it
 */
export const namesLabels = (kind: string, value: string, also: string): string => {
  const named = `coalesce(${also}, '{}') || jsonb_build_object(coalesce(${kind}, ''), ${value})`;
  return `
        ($1::text is null or ${named} ? $1)
        and ($2::text is null or exists (select
                                           from jsonb_each_text(${named}) l
                                          where l.value = $2
                                            and ($1 is null or l.key = $1)))
        and ($3::jsonb is null or ${named} @> $3)`;
};

export function namingValues({
  kind,
  value,
  also,
}: NamedLabels): [kind: string | null, value: string | null, also: string | null] {
  return [kind ?? null, value?.normalize('NFC') ?? null, also === undefined ? null : JSON.stringify(also)];
}

/** The same of a scope in memory. */
export function names(scope: Scope, { kind, value, also = {} }: NamedLabels): boolean {
  const { kind: first, value: firstValue, also: others } = inOrder(scope);
  const named = Object.entries({ ...others, [first]: firstValue });
  const hasLabel = (wantedKind: string | undefined, wanted: string | undefined): boolean =>
    named.some(
      ([k, v]) =>
        (wantedKind === undefined || k === wantedKind) && (wanted === undefined || v === wanted.normalize('NFC')),
    );
  return hasLabel(kind, value) && Object.entries(also).every(([k, v]) => hasLabel(k, v));
}

import { z } from 'zod';
import { LABEL_KINDS, WHOLE_FLEET, type Labels, type ScopeKind } from '../scope.ts';
import { label } from './text.ts';

export const labelKind = z.enum(['agent', 'skill', 'quest', 'actor']).meta({ id: 'LabelKind' });

export const scopeKind = z.enum(['agent', 'skill', 'quest', 'actor', 'fleet']).meta({
  id: 'ScopeKind',
  description: 'fleet: everything, also tasks without labels; its scope_value is *',
});

const FURTHER =
  'further labels, of other kinds than scope_kind, that work must carry as well; in whatever order ' +
  'labels are named, they are the same scope';

export const furtherLabels = z
  .strictObject({ agent: label.optional(), skill: label.optional(), quest: label.optional(), actor: label.optional() })
  .refine(
    (labels) => LABEL_KINDS.some((kind) => labels[kind] !== undefined),
    'must name a label; leave it out where there is none',
  )
  .meta({ id: 'FurtherLabels', description: 'labels by their kinds', example: { quest: 'q-7' } });

/** How a call names a scope. Refine the object that has these with {@link properScope}. */
export const scopeFields = {
  scope_kind: scopeKind,
  scope_value: label,
  also: furtherLabels.nullish().describe(FURTHER),
};

interface NamedScope {
  scope_kind?: ScopeKind | undefined;
  scope_value?: string | undefined;
  also?: Labels | null | undefined;
}

/** What is wrong with a scope that is made of proper parts. */
export function scopeProblem({
  scope_kind: kind,
  scope_value: value,
  also,
}: NamedScope): { path: 'scope_value' | 'also'; message: string } | undefined {
  const further = also ?? {};
  if (kind === 'fleet' && value !== undefined && value !== WHOLE_FLEET)
    return { path: 'scope_value', message: `must be ${WHOLE_FLEET}: a pause of the fleet covers everything` };
  if (kind === 'fleet' && also !== null && also !== undefined)
    return { path: 'also', message: 'must be left out: a pause of the fleet covers everything' };
  if (kind !== undefined && kind !== 'fleet' && further[kind] !== undefined && further[kind] !== value) {
    return {
      path: 'also',
      message: `must not name a second ${kind}: a task carries one label of each kind, so nothing would be covered`,
    };
  }
  return undefined;
}

export function properScope(named: NamedScope, context: z.RefinementCtx): void {
  const problem = scopeProblem(named);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: [problem.path], message: problem.message });
}

/** In a query string. */
export const alsoInQuery = z.string().transform((text, context) => {
  const read = furtherLabels.safeParse(parse(text));
  if (read.success) return read.data;
  context.addIssue({ code: 'custom', message: 'must be further labels as JSON, such as {"quest":"q-7"}' });
  return z.NEVER;
});

/** How a list is narrowed to what names these labels, and perhaps more. */
export const scopeFilter = {
  scope_kind: scopeKind.optional(),
  scope_value: label.optional(),
  also: alsoInQuery.optional().describe(`${FURTHER}; as JSON, such as {"quest":"q-7"}`),
};

const told = z.string().optional();

/** Further labels as an answer names them. */
export const toldLabels = z.strictObject({ agent: told, skill: told, quest: told, actor: told });

export const alsoView = toldLabels
  .nullable()
  .default(null)
  .describe('further labels that a task has to carry as well; null: none');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

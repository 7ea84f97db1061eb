import { isRawNumber } from '@orchestra/exact-json';
import { z } from 'zod';
import { ProblemError, type OffendingField } from './problem.ts';

// A hostile body can have tens of thousands of wrong fields; nobody reads more than these.
const FIELDS_MAX = 50;
const FIELD_NAME_MAX = 100;

/**
 * Reads `value` by its schema.
 *
 * @param part names the value where the whole of it is wrong, for example `body`
 * @throws ProblemError `invalid_request` naming every offending field
 */
export function parseAtEdge<S extends z.ZodType>(schema: S, value: unknown, part: string): z.output<S> {
  const parsed = schema.safeParse(value, IN_OUR_WORDS);
  if (parsed.success) return parsed.data;
  const fields = issuesOf(schema, value, parsed.error).flatMap((issue) => offendingFields(issue, [], part));
  const firstOfEach = new Map(fields.toReversed().map((offending) => [offending.field, offending]));
  throw invalidRequest(
    fields.filter((offending) => firstOfEach.get(offending.field) === offending).slice(0, FIELDS_MAX),
  );
}

/** The problem that names these fields. */
export function invalidRequest(fields: OffendingField[]): ProblemError {
  const detail = fields
    .slice(0, 3)
    .map(({ field, message }) => `${field}: ${message}`)
    .join('; ');
  return new ProblemError('invalid_request', fields.length > 3 ? `${detail}; and ${fields.length - 3} more` : detail, {
    fields,
  });
}

type Issue = z.core.$ZodIssue;

const IN_OUR_WORDS: z.core.ParseContext<Issue> = {
  error: (issue) => {
    if (issue.input === undefined) return 'is required';
    return isRawNumber(issue.input) ? 'must be a number that 64-bit floating point can hold exactly' : undefined;
  },
};

/**
 * Of a union zod answers with the one branch that has nothing against the types, be it the one that knows none of the
 * fields: `{tasks: [{priority: 1.5}]}` would be told that it is no single task. So each branch is heard here.
 */
function issuesOf(schema: z.ZodType, value: unknown, error: z.ZodError): readonly Issue[] {
  if (!(schema instanceof z.ZodUnion)) return error.issues;
  return (
    nearestBranch(schema.options.map((option) => z.core.safeParse(option, value, IN_OUR_WORDS).error?.issues ?? [])) ??
    error.issues
  );
}

function offendingFields(issue: Issue, above: PropertyKey[], part: string): OffendingField[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys
      .slice(0, FIELDS_MAX)
      .map((key) => ({ field: fieldName([...path, key], part), message: 'is not a field of this request' }));
  }
  const branch = issue.code === 'invalid_union' ? nearestBranch(issue.errors) : undefined;
  if (branch !== undefined) return branch.flatMap((inner) => offendingFields(inner, path, part));
  return [{ field: fieldName(path, part), message: issue.message }];
}

/**
 * Of the shapes that a value may have, the one that knows most of its fields is the one that was meant; then the first.
 */
function nearestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const unknown = (branch: Issue[]): number =>
    branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 0), 0);
  return branches.filter((branch) => branch.length > 0).toSorted((a, b) => unknown(a) - unknown(b))[0];
}

function fieldName(path: PropertyKey[], part: string): string {
  const [only] = path;
  const name = path.length === 0 ? part : path.length === 1 && typeof only === 'string' ? only : z.core.toDotPath(path);
  return [...name.toWellFormed()].slice(0, FIELD_NAME_MAX).join('');
}

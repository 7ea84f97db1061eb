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
  const parsed = schema.safeParse(value, { error: (issue) => (issue.input === undefined ? 'is required' : undefined) });
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) => offendingFields(issue, [], part)).slice(0, FIELDS_MAX);
  throw invalidRequest(fields);
}

/** The problem that names these fields. */
export function invalidRequest(fields: OffendingField[]): ProblemError {
  const detail = fields.slice(0, 3).map(({ field, message }) => `${field}: ${message}`).join('; ');
  return new ProblemError('invalid_request', fields.length > 3 ? `${detail}; and ${fields.length - 3} more` : detail, { fields });
}

type Issue = z.core.$ZodIssue;

function offendingFields(issue: Issue, above: PropertyKey[], part: string): OffendingField[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ field: fieldName([...path, key], part), message: 'is not a field of this request' }));
  }
  const branch = issue.code === 'invalid_union' ? nearestBranch(issue.errors) : undefined;
  if (branch !== undefined) return branch.flatMap((inner) => offendingFields(inner, path, part));
  return [{ field: fieldName(path, part), message: issue.message }];
}

/** Of the shapes that a value may have, the one it misses by the fewest fields: that is the one that was meant. */
function nearestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const misses = (branch: Issue[]): number => branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return branches.filter((branch) => branch.length > 0).toSorted((a, b) => misses(a) - misses(b))[0];
}

function fieldName(path: PropertyKey[], part: string): string {
  const [only] = path;
  const name = path.length === 0 ? part : path.length === 1 && typeof only === 'string' ? only : z.core.toDotPath(path);
  return [...name.toWellFormed()].slice(0, FIELD_NAME_MAX).join('');
}

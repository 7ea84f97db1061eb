import { z } from 'zod';

// PostgreSQL's jsonb refuses NUL, and UTF-8 has no lone surrogates: both would be a server error later, so they are
// refused here. The depth limit keeps walks over such a value within the stack.
const DEPTH_MAX = 64;

function problemIn(value: unknown, depth: number): string | undefined {
  if (depth > DEPTH_MAX) return `must not be nested deeper than ${DEPTH_MAX} levels`;
  if (typeof value === 'string') {
    if (value.includes('\0')) return 'must not hold NUL characters';
    return value.isWellFormed() ? undefined : 'must not hold lone surrogates';
  }
  // What JSON.parse makes of 1e999; written down again it would become null.
  if (typeof value === 'number' && !Number.isFinite(value)) return 'must not hold numbers beyond 1.8e308';
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const problem = problemIn(key, depth) ?? problemIn(inner, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Any JSON value that the database can keep. */
export const jsonValue = z.unknown().superRefine((value, context) => {
  const problem = problemIn(value, 0);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}).meta({ id: 'Json', description: 'any JSON value' });

/** A JSON object that the database can keep. */
export const jsonObject = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const problem = problemIn(value, 0);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
}).meta({ id: 'JsonObject' });

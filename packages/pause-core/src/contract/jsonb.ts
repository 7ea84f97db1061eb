import { isRawNumber } from '@orchestra/exact-json';
import { z } from 'zod';

// A value is kept exactly or refused, never changed. PostgreSQL's jsonb refuses NUL, UTF-8 has no lone surrogates, and
// numeric has no -0: each would be a server error or another value later, so it is refused here with its field. The
// depth limit keeps walks over such a value within the stack.
const DEPTH_MAX = 64;
// Written out by PostgreSQL, a number has as many digits as its exponent says.
const MAGNITUDE_MAX = 400;
const PATH_TOLD_MAX = 16;

interface Found {
  message: string;
  path: PropertyKey[];
}

/** @param path where `value` stands; the same array for all of a walk */
function problemIn(value: unknown, path: PropertyKey[]): Found | undefined {
  const message =
    problemOf(value) ?? (path.length > DEPTH_MAX ? `must not be nested deeper than ${DEPTH_MAX} levels` : undefined);
  // The path to what is nested too deep would be as long.
  if (message !== undefined) return { message, path: path.slice(0, PATH_TOLD_MAX) };
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return undefined;
  const isArray = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    const inKey = isArray ? undefined : textProblem(key);
    if (inKey !== undefined) return { message: `a key ${inKey}`, path: [...path] };
    path.push(isArray ? Number(key) : key);
    const found = problemIn(inner, path);
    if (found !== undefined) return found;
    path.pop();
  }
  return undefined;
}

function problemOf(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return textProblem(value);
    case 'number':
      return Number.isFinite(value)
        ? Object.is(value, -0)
          ? 'must not be -0, which the database does not have; send 0, or a string'
          : undefined
        : NOT_FINITE;
    case 'object':
      return isRawNumber(value) ? rawProblem(value.rawJSON) : undefined;
    case 'bigint':
    case 'function':
    case 'symbol':
      return `must be a JSON value, not a ${typeof value}`;
    default:
      return undefined;
  }
}

const NOT_FINITE = 'must be a finite number';

function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'must not hold NUL characters';
  return text.isWellFormed() ? undefined : 'must not hold lone surrogates';
}

function rawProblem(text: string): string | undefined {
  const value = Number(text);
  if (!Number.isFinite(value)) return 'must not be beyond 1.8e308; send it as a string';
  if (value === 0) return 'must not be nearer to 0 than 5e-324; send it as a string';
  return text.length > MAGNITUDE_MAX
    ? `must not have more than ${MAGNITUDE_MAX} digits; send it as a string`
    : undefined;
}

function refuse(value: unknown, context: z.RefinementCtx): void {
  const found = problemIn(value, []);
  if (found !== undefined) context.addIssue({ code: 'custom', message: found.message, path: found.path });
}

/** Any JSON value that the database can keep, as it is. */
export const jsonValue = z
  .unknown()
  .superRefine(refuse)
  .meta({ id: 'Json', description: 'any JSON value; its numbers are kept exactly' });

// Not z.record, which leaves out a key `__proto__` without a word.
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

/** A JSON object that the database can keep, as it is. */
export const jsonObject = z
  .custom<Record<string, unknown>>(isObject, 'must be a JSON object')
  // First, because the OpenAPI document can say nothing of a check of our own.
  .meta({ type: 'object', additionalProperties: true })
  .superRefine((value, context) => {
    if (isObject(value)) refuse(value, context);
  })
  .meta({ id: 'JsonObject', description: 'any JSON object; its numbers are kept exactly' });

/**
 * The payload of a task as it is told. Believed to be an object, and passed on as it is: a row from before the table
 * refused others may hold something else, and must not take a list with it.
 */
export const toldPayload = z
  .custom<Record<string, unknown>>((value) => value !== undefined)
  .meta({ id: 'Payload', type: 'object', additionalProperties: true });

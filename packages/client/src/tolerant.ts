import type { z } from 'zod';

/** More fields than these that nobody knows came from somewhere else. */
const UNKNOWN_MAX = 1_000;

/**
 * Reads an answer by its contract and passes over fields that the contract does not name: a newer service may say more
 * than this client knows. What the contract does name must be as it says.
 */
export function parseTolerantly<T>(contract: z.ZodType<T>, body: unknown): z.ZodSafeParseResult<T> {
  const parsed = contract.safeParse(body);
  if (parsed.success) return parsed;
  let dropped = 0;
  for (const issue of parsed.error.issues) {
    if (issue.code !== 'unrecognized_keys') return parsed;
    const holder = issue.path.reduce<unknown>((value, key) => (isObject(value) ? value[String(key)] : undefined), body);
    if (!isObject(holder) || (dropped += issue.keys.length) > UNKNOWN_MAX) return parsed;
    for (const key of issue.keys) delete holder[key];
  }
  return contract.safeParse(body);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

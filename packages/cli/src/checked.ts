import type { z } from 'zod';
import { wrongUsage } from './failure.ts';

/**
 * What was typed, as the contract wants it: checked here, before anything is sent, so that it is wrong usage (exit code
 * 2) and every field is told at once.
 *
 * @param given in the contract's words; undefined fields count as absent
 * @throws CommandFailure `wrong_usage`
 */
export function checked<T extends z.ZodType>(contract: T, given: object): z.output<T> {
  const parsed = contract.safeParse(
    Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  );
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '));
  throw wrongUsage([...new Set(problems)].join('; '), { cause: parsed.error });
}

import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { manualPage } from './manual.ts';

/** Environment variables by name. Each has a description, which `.env.example` repeats. */
export type Settings = Record<string, z.ZodType>;

export type SettingValues<S extends Settings> = { [Name in keyof S]: z.output<S[Name]> };

/** The configuration is wrong; the message lists every problem and fits a terminal. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads and checks settings. `NAME_FILE` gives the value of `NAME` by way of a file, for secrets. An empty value counts
 * as none.
 *
 * @throws ConfigError with every problem at once; values are not repeated in it, they may be secret
 */
export function readSettings<S extends Settings>(settings: S, env: NodeJS.ProcessEnv): SettingValues<S> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(settings)) {
    const given = valueOf(name, env);
    if ('problem' in given) {
      problems.push(given.problem);
      continue;
    }
    const parsed = schema.safeParse(given.value, {
      error: (issue) => (issue.input === undefined ? 'is required' : undefined),
    });
    if (parsed.success) values[name] = parsed.data;
    else problems.push(...parsed.error.issues.map((issue) => `${name} ${issue.message}${hint(schema, given.value)}`));
  }
  if (problems.length > 0) {
    const head = problems.length === 1 ? 'one setting is wrong' : `${problems.length} settings are wrong`;
    throw new ConfigError(
      `${head}:\n${problems.map((problem) => `  ${problem}`).join('\n')}\n${manualPage('../.env.example')} ` +
        'lists every setting',
    );
  }
  return values as SettingValues<S>; // each name went through its own schema just now
}

function valueOf(name: string, env: NodeJS.ProcessEnv): { value: string | undefined } | { problem: string } {
  const direct = env[name] || undefined;
  const file = env[`${name}_FILE`] || undefined;
  if (file === undefined) return { value: direct };
  if (direct !== undefined) return { problem: `${name} and ${name}_FILE are both set; keep one` };
  try {
    // The decoder leaves out a byte order mark, which Windows writes.
    return { value: new TextDecoder().decode(readFileSync(file)).trimEnd() || undefined };
  } catch (error) {
    return {
      problem:
        `${name}_FILE names a file that cannot be read: ` + `${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function hint(schema: z.ZodType, value: string | undefined): string {
  return value === undefined && schema.description !== undefined ? ` (${schema.description})` : '';
}

/** A whole number within bounds. `unset` stands where the variable is not set. */
export function wholeNumber({ min, max, unset }: { min: number; max: number; unset: number }) {
  const bounds = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,15}$/, bounds)
    .transform(Number)
    .pipe(z.int().min(min, bounds).max(max, bounds))
    .prefault(String(unset));
}

/** A number that may have a fraction. */
export function fraction({ min, max, unset }: { min: number; max: number; unset: number }) {
  const bounds = `must be a number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^[0-9]{1,9}(\.[0-9]{1,9})?$/, bounds)
    .transform(Number)
    .pipe(z.number().min(min, bounds).max(max, bounds))
    .prefault(String(unset));
}

/** A TCP port; 0 picks a free one. */
export function portNumber(unset: number) {
  return wholeNumber({ min: 0, max: 65_535, unset });
}

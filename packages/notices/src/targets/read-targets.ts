import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { z } from 'zod';
import { targetFile } from './target-file.ts';
import type { NoticeTarget } from './target.ts';

/** The file of targets is wrong; the message names every problem, and repeats nothing that may be secret. */
export class TargetsError extends Error {
  override readonly name = 'TargetsError';
}

/**
 * Reads the targets of notices from a YAML or JSON file.
 *
 * @throws TargetsError with every problem at once
 */
export function readTargets(path: string, env: NodeJS.ProcessEnv): NoticeTarget[] {
  let given: unknown;
  try {
    given = parse(new TextDecoder().decode(readFileSync(path)), {
      logLevel: 'error',
      prettyErrors: false,
      maxAliasCount: 0,
    });
  } catch (cause) {
    throw new TargetsError(
      `${path} cannot be read: ${cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause)}`,
      { cause },
    );
  }
  const parsed = targetFile(env).safeParse(given);
  if (parsed.success) return parsed.data;
  throw new TargetsError(
    `${path} is wrong:\n${parsed.error.issues.map((issue) => `    ${where(issue, given)} ${issue.message}`).join('\n')}`,
  );
}

/** The place of a problem as a person finds it: by the target's name where it has one. */
function where(issue: z.core.$ZodIssue, given: unknown): string {
  const [list, index, ...rest] = issue.path;
  if (list !== 'targets' || typeof index !== 'number') return issue.path.join('.') || 'it';
  const named = (given as { targets?: { name?: unknown }[] }).targets?.[index]?.name;
  return [`targets[${index}]${typeof named === 'string' ? ` (${named.slice(0, 40)})` : ''}`, ...rest].join('.');
}

import { dirname, resolve } from 'node:path';
import { extendedTable, OutcomeRowsError, type OutcomeRow } from '@orchestra/runner';
import { isMap, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { z } from 'zod';
import { CommandFailure, wrongUsage } from '../failure.ts';
import { parseDuration } from '../flags/duration.ts';
import { readText } from '../read-input.ts';

const BYTES_MAX = 256 * 1_024;
// A timer takes no more than 24 days, and no run of a stage should.
const TIME_LIMIT_MAX_SECONDS = 7 * 24 * 3_600;

const word = z
  .string()
  .max(32_768)
  .refine((text) => !text.includes('\0'), 'must not hold NUL');

/** A program and its arguments, word by word: no shell takes them apart. */
export const argv = z
  .array(word, 'must be a list of words, the program first: [npm, test]')
  .min(1, 'must name a program')
  .max(1_000)
  .refine(([program]) => program?.trim() !== '', 'must name a program');
/** A file or folder; see {@link ConfigFile.path}. */
export const path = word.min(1, 'must not be empty').max(4_096);
/** Seconds, from what people say: `20m`. */
export const duration = z
  .union([z.string(), z.number().transform(String)], 'must be a duration: 90s, 20m, 1h')
  .transform(async (text, context) => {
    try {
      const seconds = await parseDuration(text);
      if (seconds <= TIME_LIMIT_MAX_SECONDS) return seconds;
      context.addIssue({ code: 'custom', message: `"${text}" is longer than a week` });
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
    return z.NEVER;
  });

/** The settings of a runner, as an operator has written them. */
export interface ConfigFile<T> {
  settings: T;
  /**
   * A path as the file means it: relative ones count from the folder of the file, and not from where the worker is
   * started.
   */
  path: (given: string) => string;
}

/**
 * Reads and checks the settings of a runner, YAML or JSON.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` with every problem, each with its line and its field
 */
export async function readConfigFile<T extends z.ZodType>(file: string, schema: T): Promise<ConfigFile<z.output<T>>> {
  const text = await readText(file, BYTES_MAX);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (document.errors.length > 0) {
    throw wrongUsage(
      document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: ${error.message}`).join('\n'),
      { cause: document.errors[0] },
    );
  }
  const parsed = await schema.safeParseAsync(plainValue(document, file), {
    error: (issue) => (issue.input === undefined ? 'is required' : undefined),
  });
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) =>
        `${file}:${lineOf(document, lines, issue.path)}: ` +
        `${[issue.path.map(String).join('.'), issue.message].filter(Boolean).join(': ')}`,
    );
    throw wrongUsage(problems.join('\n'), { cause: parsed.error });
  }
  const folder = file === '-' ? '.' : dirname(file);
  return { settings: parsed.data, path: (given) => resolve(folder, given) };
}

/**
 * The outcome table with the rows of a file before it; undefined: no file, and the table as it is.
 *
 * @throws CommandFailure `unreadable`, `wrong_usage`
 */
export async function readOutcomes(file: string | undefined): Promise<readonly OutcomeRow[] | undefined> {
  if (file === undefined) return undefined;
  const text = await readText(file, BYTES_MAX);
  try {
    return extendedTable(text);
  } catch (cause) {
    if (!(cause instanceof OutcomeRowsError)) throw cause;
    throw wrongUsage(`${file}: ${cause.message}`, { cause });
  }
}

/** An alias can stand for more text than any such file has; none is needed. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw wrongUsage(`${file}: ${cause instanceof Error ? cause.message : String(cause)}; write it out`, { cause });
  }
}

/** The line on which what stands at `at` begins, or the nearest thing around it. */
function lineOf(document: Document, lines: LineCounter, at: readonly PropertyKey[]): number {
  for (let depth = at.length; depth > 0; depth--) {
    const around = depth === 1 ? document.contents : document.getIn(at.slice(0, depth - 1), true);
    if (!isMap(around)) continue;
    const key = around.items.find(
      (pair) => isScalar(pair.key) && String(pair.key.value) === String(at[depth - 1]),
    )?.key;
    if (isScalar(key) && key.range) return lines.linePos(key.range[0]).line;
  }
  return 1;
}

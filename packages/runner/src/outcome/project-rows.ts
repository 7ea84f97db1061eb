import { constants } from 'node:os';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { OUTCOME_TABLE } from '../outcome-table.ts';
import { MISSING } from '../process/start-problem.ts';
import type { OutcomeCondition, OutcomeRow } from './outcome-row.ts';

const FILE_BYTES_MAX = 256 * 1_024;
const SIGNALS = Object.keys(constants.signals) as NodeJS.Signals[];

const pattern = z
  .string()
  .min(1)
  .max(500)
  .transform((source, context) => {
    try {
      return new RegExp(source);
    } catch (error) {
      context.addIssue({
        code: 'custom',
        message: error instanceof Error ? error.message : 'is no regular expression',
      });
      return z.NEVER;
    }
  });
const oneOrMore = <T extends z.ZodType>(item: T) =>
  z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(item).min(1).max(50));

const projectRow = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9_]{0,99}$/, 'must be small letters, digits and underscores'),
  when: z
    .strictObject({
      timed_out: z.literal(true).optional(),
      start_error: oneOrMore(z.string().regex(/^(\*|E[A-Z0-9]+)$/)).optional(),
      missing: z.enum(MISSING).optional(),
      exit_code: oneOrMore(z.int().min(0).max(255)).optional(),
      signal: oneOrMore(z.enum(SIGNALS)).optional(),
      counted: z.enum(['failures', 'nothing']).optional(),
      stderr: oneOrMore(pattern).optional(),
      last_words: oneOrMore(pattern).optional(),
      stdout: oneOrMore(pattern).optional(),
    })
    .refine((when) => Object.keys(when).length > 0, 'must say when the row decides'),
  outcome: z.enum(
    ['failed', 'environment', 'transient'],
    'must be failed, environment or transient: only exit code 0 passes',
  ),
  says: z.string().min(1).max(1_000),
  fix: z.string().min(1).max(1_000).nullable().default(null),
});
const projectRows = z.strictObject({ outcomes: z.array(projectRow).max(200) });

/** A project's rows cannot be used. The message says where and why. */
export class OutcomeRowsError extends Error {
  override readonly name = 'OutcomeRowsError';
}

/**
 * The outcome table of a project: its own rows, then ours.
 *
 * @param text YAML or JSON: `outcomes: [{name, when, outcome, says, fix}]`, as an operator wrote it. Do not take it
 *   from a task's worktree: whose
 *   code is judged should not write the law
 * @throws OutcomeRowsError
 */
export function extendedTable(text: string): readonly OutcomeRow[] {
  if (Buffer.byteLength(text) > FILE_BYTES_MAX)
    throw new OutcomeRowsError(`outcome rows must take at most ${FILE_BYTES_MAX / 1_024} KiB`);
  const document = parseDocument(text, { uniqueKeys: true });
  const [fault] = document.errors;
  if (fault !== undefined)
    throw new OutcomeRowsError(`outcome rows cannot be read: ${fault.message}`, { cause: fault });
  const parsed = projectRows.safeParse(withoutAliases(document));
  if (!parsed.success)
    throw new OutcomeRowsError(`outcome rows are not as they should be:\n${z.prettifyError(parsed.error)}`, {
      cause: parsed.error,
    });
  const names = new Set(OUTCOME_TABLE.map(({ name }) => name));
  for (const { name } of parsed.data.outcomes) {
    if (names.has(name))
      throw new OutcomeRowsError(
        `there are two outcome rows named ${name}: evidence names the row that decided, so give yours a name of its own`,
      );
    names.add(name);
  }
  return [...parsed.data.outcomes.map(({ when, ...row }) => ({ ...row, when: given(when) })), ...OUTCOME_TABLE];
}

/** Only what is there: an absent condition is no condition. */
function given(when: z.output<typeof projectRow>['when']): OutcomeCondition {
  return Object.fromEntries(Object.entries(when).filter(([, value]) => value !== undefined));
}

function withoutAliases(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch (cause) {
    throw new OutcomeRowsError('outcome rows cannot be read: aliases are not taken', { cause });
  }
}

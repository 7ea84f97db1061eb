import { z } from 'zod';

/**
 * How a runner's command came to its end, and what follows from it. The table that decides is
 * packages/runner/src/outcome-table.ts.
 */
export const OUTCOMES = ['passed', 'failed', 'environment', 'transient'] as const;
export const outcomeKind = z.enum(OUTCOMES).meta({
  id: 'OutcomeKind',
  description:
    'passed; failed: the suite really ran and failed; environment: it will fail again unchanged, until ' +
    'someone repairs it; transient: a passing disturbance',
});
export type OutcomeKind = z.infer<typeof outcomeKind>;

/** How many lines of the output, and how long, travel with an outcome. */
export const EVIDENCE_LINES_MAX = 20;
export const EVIDENCE_LINE_CHARS_MAX = 500;
const TEXT_MAX = 2_000;
const COMMAND_WORDS_MAX = 200;

const storable = (max: number) =>
  z
    .string()
    .max(max)
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or lone surrogates');

export const outcomeEvidence = z
  .strictObject({
    row: storable(100).min(1).describe('which row of the outcome table decided'),
    says: storable(TEXT_MAX).min(1).describe('what happened, for a person'),
    fix: storable(TEXT_MAX).nullable().describe('what to repair; null: there is nothing to repair'),
    command: z
      .array(storable(TEXT_MAX))
      .max(COMMAND_WORDS_MAX)
      .describe('the program and its arguments, cut where they are long'),
    exit_code: z.int().nullable().describe('null: it was ended by a signal, or never started'),
    signal: storable(20).nullable(),
    duration_ms: z.int().min(0),
    lines: z
      .array(storable(EVIDENCE_LINE_CHARS_MAX))
      .max(EVIDENCE_LINES_MAX)
      .describe('the lines of its output that decided; where none did, the last ones'),
  })
  .meta({ id: 'OutcomeEvidence' });
export type OutcomeEvidence = z.infer<typeof outcomeEvidence>;

/** What a runner says of one run of a task. */
export const runnerOutcome = z
  .strictObject({ outcome: outcomeKind, evidence: outcomeEvidence })
  .meta({ id: 'RunnerOutcome' });
export type RunnerOutcome = z.infer<typeof runnerOutcome>;

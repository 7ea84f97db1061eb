import { id, instant, jsonValue, label, reason, runId } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import { outcomeEvidence, outcomeKind } from './outcome.ts';

/** The stage of a task that is through its pipeline. No pipeline may declare one of this name. */
export const DONE = 'done';

/** The runners that Orchestra knows, each behind a switch of its own. */
export const RUNNERS = ['test', 'staging'] as const;
export const runnerName = z.enum(RUNNERS).meta({ id: 'RunnerName' });
export type RunnerName = z.infer<typeof runnerName>;

/**
 * A claim names a runner by this and the skill whose place it takes: `runner:testing`. No task's skill may begin so.
 */
export const RUNNER_PREFIX = 'runner:';

/** Whether this is the path of a file below a folder, and leads nowhere else. */
export function isFileBelow(path: string): boolean {
  return path !== '' && !/^\/|\\|\0|(?:^|\/)\.{0,2}(?:\/|$)/.test(path);
}

const said = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => text.trim() !== '', 'must not be blank')
    .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or lone surrogates');

const disturbed = {
  run_id: runId,
  says: said(2_000).describe('what happened, for a person'),
  fix: said(2_000).nullish().describe('what to repair; absent: there is nothing to repair, or nobody knows'),
  evidence: outcomeEvidence.optional().describe('what a runner says of it'),
  cursor: jsonValue.optional().describe('given to the next run; absent: the former one stays'),
};

/** `POST /api/tasks/:id/hold`: ends a run that its environment stopped, and that would fail again unchanged. */
export const holdRequest = z.strictObject({ ...disturbed }).meta({ id: 'HoldRequest' });
/** `POST /api/tasks/:id/retry`: ends a run that a passing disturbance stopped. */
export const retryRequest = z.strictObject({ ...disturbed }).meta({ id: 'RetryRequest' });
/** `POST /api/tasks/:id/resume-held`: an operator lets a held task go on. */
export const resumeHeldRequest = z
  .strictObject({ reason: reason.optional().describe('what was repaired') })
  .meta({ id: 'ResumeHeldRequest' });

/** A heartbeat may bring so much of the end of what its run has printed. */
export const OUTPUT_CHARS_MAX = 16_000;
export const outputTail = z
  .string()
  .max(OUTPUT_CHARS_MAX)
  .refine((text) => !text.includes('\0') && text.isWellFormed(), 'must not hold NUL or lone surrogates');

/** How much a run has printed in all, in characters as JavaScript counts them. */
export const printedChars = z.int().min(0);

/** `GET /api/tasks/:id/output` */
export const taskOutput = z
  .strictObject({
    task_id: id,
    run_id: runId.nullable().describe('the run that printed it; null: none has said anything'),
    at: instant.nullable(),
    tail: z.string(),
    // A service of an earlier version does not tell this.
    printed: z
      .int()
      .nullable()
      .default(null)
      .describe(
        'how many characters the run has printed in all, up to the end of `tail`; null: the sender has not counted',
      ),
  })
  .meta({ id: 'TaskOutput' });

export const stageView = z
  .strictObject({
    stage: z.string(),
    skill: z
      .string()
      .describe('the label that its tasks carry: whose workers run it, and by which pauses it is covered'),
    runner: runnerName.nullable().describe('the runner that takes the place of those workers where its switch is on'),
    report: z.string().nullable().describe('the file that its gate reads'),
    deliverables: z
      .array(z.string())
      .optional()
      .describe('the files that a run of it leaves; only all of them, written later, supersede its questions'),
    on_pass: z.string(),
    on_fail: z.string(),
    on_needs_input: z.string(),
  })
  .meta({ id: 'Stage' });

export const questionsView = z
  .strictObject({
    switched: z.enum(['on', 'off']).describe('off: nobody is asked, and a command that leaves questions is done'),
    only_repos: z
      .array(z.string())
      .nullable()
      .describe('where it is on: for the tasks of these repos alone; null: for all tasks'),
  })
  .describe('whether runs may ask a person')
  .meta({ id: 'QuestionsSwitch' });

/** `GET /api/pipelines`: the tables that tasks go through, and what runs of them may do. */
export const pipelinesView = z
  .strictObject({
    pipelines: z.array(z.strictObject({ pipeline: z.string(), stages: z.array(stageView) })),
    questions: questionsView.optional(),
  })
  .meta({ id: 'Pipelines' });

export const preflightCheck = z.strictObject({ name: said(100), ok: z.boolean(), says: z.string().max(2_000) });

/** `POST /api/runners/preflight`: a runner says what it found in its environment, at its start and on demand. */
export const preflightRequest = z
  .strictObject({
    runner: runnerName,
    worker: label.describe('which process says so'),
    host: label.nullish(),
    outcome: outcomeKind.describe('environment: it will stay so until somebody repairs it'),
    exec_host_side: z.boolean().default(false).describe('its commands run on the host, over ssh'),
    says: said(2_000).describe('all of it in a sentence'),
    fix: said(2_000).nullish().describe('what to repair'),
    checks: z.array(preflightCheck).max(50).default([]),
  })
  .meta({ id: 'PreflightRequest' });
export const preflightAnswer = z.strictObject({ at: instant }).meta({ id: 'PreflightAnswer' });

export const preflightView = z
  .strictObject({
    worker: z.string(),
    host: z.string().nullable(),
    at: instant,
    outcome: outcomeKind,
    exec_host_side: z.boolean(),
    says: z.string(),
    fix: z.string().nullable(),
    checks: z.array(preflightCheck),
  })
  .meta({ id: 'Preflight' });

/** One runner in the block `runners` of `GET /api/queue`. */
export const runnerView = z
  .strictObject({
    runner: runnerName,
    switched: z.enum(['on', 'off']).describe('off: the tasks go to the skill’s ordinary workers'),
    only_repos: z.array(z.string()).nullable().describe('where it is on: for these repos alone; null: for all tasks'),
    skills: z.array(z.string()).describe('of the stages that name it; its workers claim `runner:<skill>`'),
    permanent_env: z.boolean().describe('true: its last preflight found a fault that stays until somebody repairs it'),
    exec_host_side: z.boolean().describe('its commands run on the host, over ssh, as its last preflight said'),
    preflight: preflightView
      .nullable()
      .describe('the last one, of whichever of its workers; null: none was reported in the last day'),
    workers: z.int().describe('so many of its workers have reported a preflight in the last day'),
    held: z.int().describe('tasks of its skills that are held, and wait for a person'),
  })
  .meta({ id: 'Runner' });

export type HoldRequest = z.input<typeof holdRequest>;
export type RetryRequest = z.input<typeof retryRequest>;
export type ResumeHeldRequest = z.input<typeof resumeHeldRequest>;
export type TaskOutput = z.infer<typeof taskOutput>;
export type StageView = z.infer<typeof stageView>;
export type PipelinesView = z.infer<typeof pipelinesView>;
export type PreflightRequest = z.input<typeof preflightRequest>;
export type PreflightReport = z.output<typeof preflightRequest>;
export type PreflightView = z.infer<typeof preflightView>;
export type RunnerView = z.infer<typeof runnerView>;

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readReport, runCommand, type CommandEnd } from '@orchestra/runner';
import type { ClaimedTask } from '@orchestra/task-queue/contract';
import { storable } from '../error-text.ts';
import type { GateOf } from '../runner/pipeline-gates.ts';
import type { NeedsInput } from '../needs-input.ts';
import { TaskFailure } from '../stop-reasons.ts';
import type { TaskContext } from '../task-context.ts';
import type { Handler } from '../task-run.ts';
import { commandEnvironment } from './environment.ts';
import { FoldersInUse, type Stay } from './folders-in-use.ts';
import { LiveTail } from './live-tail.ts';
import type { QuestionRuleOf } from './question-rules.ts';
import {
  areSuperseded,
  freshQuestions,
  leaveAnswer,
  lookBefore,
  QUESTIONS_FILE,
  takeAnswerAway,
  type QuestionsBefore,
} from './questions.ts';

export interface CommandHandlerOptions {
  /** The program and its arguments; no shell is involved. */
  command: readonly string[];
  /** The whole process group is ended after this. One hour unless given. */
  timeLimitMs?: number | undefined;
  /** How much of stdout and of stderr is kept with the run, each from its end. */
  outputBytesMax?: number | undefined;
  /** From TERM to KILL. */
  graceMs?: number | undefined;
  /** The working folder of every run; this process's own unless given. */
  cwd?: string | undefined;
  /**
   * In place of `cwd`: each task has a working folder of its own below this one, named by its id, made when it is
   * missing and kept, so that a later run finds what an earlier one left. What several runs at a time need, should they
   * ask questions.
   */
  folderPerTask?: string | undefined;
  /**
   * Which report the gate of a task's stage reads; `pipelineGates` knows. Without it there is no gate but the exit
   * code.
   */
  gateOf?: GateOf | undefined;
  /**
   * Whether runs of a task may ask, and which files supersede its questions; `questionRules` knows. Without it they may
   * ask, and
   * `deliverables` alone counts.
   */
  questionRuleOf?: QuestionRuleOf | undefined;
  /** The files that every run leaves, below its working folder. None: questions are always asked. */
  deliverables?: readonly string[] | undefined;
  /** Added to this process's environment, of which credentials are not handed on. */
  env?: Record<string, string> | undefined;
}

/** What is kept with the task. */
export interface CommandResult {
  /** null: ended by a signal. */
  exit_code: number | null;
  signal: string | null;
  duration_ms: number;
  stdout: string;
  stderr: string;
  /** How much there was in all; what is kept are the last bytes of it. */
  stdout_bytes: number;
  stderr_bytes: number;
}

const TIME_LIMIT_MS = 3_600_000;
const OUTPUT_BYTES_MAX = 64 * 1_024;
const GRACE_MS = 5_000;
// A result travels as JSON within 256 KiB, and a control character takes six bytes there.
const RESULT_BYTES_MAX = 200_000;

/**
 * A handler that runs a command: payload as JSON on stdin and in `ORCHESTRA_PAYLOAD`. Exit code 0 is done, anything
 * else has failed; the output is kept either way. With exit code 0 and fresh questions in its working folder it is not
 * done but asks them, unless a complete package of deliverables has superseded them; its next run finds the answer
 * beside them. With a gate on its stage it is done once the report that it left in its working folder says so.
 *
 * @throws TypeError without a command
 */
export function createCommandHandler(options: CommandHandlerOptions): Handler {
  const [program] = options.command;
  if (program === undefined || program === '')
    throw new TypeError(
      'a command worker needs a command, for example: orchestra worker --skill lint -- node lint.mjs',
    );
  const { timeLimitMs = TIME_LIMIT_MS, outputBytesMax = OUTPUT_BYTES_MAX, graceMs = GRACE_MS } = options;
  const folders = new FoldersInUse();

  const runIn = async (
    folder: string,
    stay: Stay,
    task: ClaimedTask,
    context: TaskContext,
  ): Promise<CommandResult | NeedsInput> => {
    const payloadJson = JSON.stringify(task.payload);
    const before = await lookBefore(folder);
    // Where another run is at work its own answer may lie; this one's is in the environment.
    const answerFile =
      task.answer === null || !stay.alone ? undefined : await leaveAnswer(folder, task.run_id, task.answer);
    const live = new LiveTail(context.showOutput);
    const end = await runCommand({
      command: options.command,
      graceMs,
      timeLimitMs,
      keepBytes: { head: 0, tail: outputBytesMax },
      cwd: folder,
      env: commandEnvironment(task, payloadJson, process.env, options.env, answerFile),
      stdin: payloadJson,
      signal: context.signal,
      onOutput: live.add,
      onUnguarded: (error) => context.log('the command runs on should this worker be killed', { error: error.message }),
    }).finally(() => {
      live.end();
      return answerFile === undefined ? undefined : takeAnswerAway(answerFile);
    });
    if (end.why === 'aborted') throw context.signal.reason;
    if (end.startProblem !== null)
      throw new TaskFailure(`cannot start ${program}: ${end.startProblem.message}`, { cause: end.startProblem.cause });
    const result = fittingResult(end, outputBytesMax);
    if (end.why !== 'exited' || end.exitCode !== 0)
      throw new TaskFailure(failureText(program, end, timeLimitMs, result), { result });
    const asked = await freshQuestions(before);
    const mayAsk = asked !== undefined && (await isToBeAsked(options, before, task, context));
    if (mayAsk && stay.alone) return asked;
    if (mayAsk)
      context.log(`${QUESTIONS_FILE} is left alone: another run was in the same folder; give each task its own`, {
        folder,
      });
    const report = (await options.gateOf?.(task)) ?? null;
    if (report === null) return result;
    const gate = await readReport({
      file: join(folder, report),
      runStartedAt: new Date(before.startedAtMs),
      runId: task.run_id,
    });
    if (!gate.passes) throw new TaskFailure(`the gate of its stage did not open: ${gate.reason}`, { result });
    return result;
  };

  return async (task, context) => {
    const folder = await workingFolder(options, task);
    const stay = folders.enter(folder);
    try {
      return await runIn(folder, stay, task, context);
    } finally {
      stay.leave();
    }
  };
}

/** Whether the questions that a run has left are for a person. What becomes of others is told. */
async function isToBeAsked(
  { questionRuleOf, deliverables: own = [] }: CommandHandlerOptions,
  before: QuestionsBefore,
  task: ClaimedTask,
  context: TaskContext,
): Promise<boolean> {
  const { asks, deliverables } = (await questionRuleOf?.(task)) ?? { asks: true, deliverables: own };
  if (!asks) context.log(`${QUESTIONS_FILE} is left alone: runs of this task may ask nobody (ORCHESTRA_QUESTIONS)`);
  else if (await areSuperseded(before, deliverables))
    context.log(`${QUESTIONS_FILE} is superseded: ${deliverables.join(', ')} came after it`);
  else return true;
  return false;
}

/** @throws TaskFailure when it cannot be made */
async function workingFolder({ cwd, folderPerTask }: CommandHandlerOptions, task: ClaimedTask): Promise<string> {
  if (folderPerTask === undefined) return resolve(cwd ?? '.');
  const folder = resolve(join(folderPerTask, task.id));
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new TaskFailure(
      `its working folder ${folder} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  });
  return folder;
}

function fittingResult(end: CommandEnd, outputBytesMax: number): CommandResult {
  for (let bytesMax = outputBytesMax; ; bytesMax = Math.floor(bytesMax / 2)) {
    const result: CommandResult = {
      exit_code: end.exitCode,
      signal: end.signal,
      duration_ms: Math.round(end.durationMs),
      stdout: end.stdout.tail(bytesMax),
      stderr: end.stderr.tail(bytesMax),
      stdout_bytes: end.stdout.bytesSeen,
      stderr_bytes: end.stderr.bytesSeen,
    };
    if (Buffer.byteLength(JSON.stringify(result)) <= RESULT_BYTES_MAX || bytesMax === 0) return result;
  }
}

function failureText(program: string, end: CommandEnd, timeLimitMs: number, { stderr }: CommandResult): string {
  const what =
    end.why === 'time-limit'
      ? `was ended at its time limit of ${timeLimitMs / 1_000} s`
      : end.exitCode === null
        ? `was ended by ${end.signal}`
        : `ended with exit code ${end.exitCode}`;
  const said = stderr.trimEnd().slice(-2_000);
  return storable(`${program} ${what}${said === '' ? '' : `\n${said}`}`);
}

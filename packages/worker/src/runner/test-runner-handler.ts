import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import {
  GitFailure,
  pruneWorktrees,
  readReport,
  runTests,
  TEST_REPORT_FILE,
  withWorktree,
  WorktreeError,
  type OutcomeRow,
  type SmokeOrder,
  type Worktree,
} from '@orchestra/runner';
import type { ClaimedTask, RunnerOutcome } from '@orchestra/task-queue/contract';
import { commandEnvironment } from '../command/environment.ts';
import { LiveTail } from '../command/live-tail.ts';
import type { TaskContext } from '../task-context.ts';
import type { Handler } from '../task-run.ts';
import { endByOutcome, type RunnerEnd } from './end-by-outcome.ts';
import { gitNotBegun, notBegun } from './not-begun.ts';

/** How the tasks of one repo are tested. */
export interface TestProject {
  /** A clone on this machine. */
  repository: string;
  command: readonly string[];
  /**
   * What is tested where the task's payload names no `ref`. HEAD unless given: the branch that is checked out in the
   * clone, as it was fetched last.
   */
  ref?: string | undefined;
  smoke?: SmokeOrder | undefined;
  /** One hour unless given. */
  timeLimitMs?: number | undefined;
  /** The project's outcome table: `extendedTable` reads its own rows. */
  table?: readonly OutcomeRow[] | undefined;
  env?: Record<string, string> | undefined;
}

export interface TestRunnerOptions {
  /** By the repo of the task; `*` for every other. */
  projects: Readonly<Record<string, TestProject>>;
  /** Worktrees are made below it, and taken away; reports stay, each in a folder of its task. */
  folder: string;
  graceMs?: number | undefined;
}

/**
 * The handler of the test runner: a worktree of the task's commit, the project's test command in it, its smoke, a
 * report, and the gate, which reads that report as it would read anyone's.
 *
 * @throws TypeError without a project
 */
export function testRunnerHandler({ projects, folder, graceMs }: TestRunnerOptions): Handler {
  if (Object.keys(projects).length === 0)
    throw new TypeError('a test runner needs at least one project: { "*": { repository, command } }');
  const worktrees = resolve(folder, 'worktrees');
  const pruned = new Map<string, Promise<unknown>>();

  const run = async (task: ClaimedTask, context: TaskContext): Promise<RunnerEnd> => {
    const project = task.repo !== null && Object.hasOwn(projects, task.repo) ? projects[task.repo] : projects['*'];
    if (project === undefined)
      return nothingRan(
        notBegun(
          'no_project',
          `this runner knows no project for the repo ${task.repo ?? '(none)'}`,
          'tell the test runner where the repo is and how it is tested',
        ),
      );
    const { repository } = project;
    if (!pruned.has(repository))
      pruned.set(
        repository,
        pruneWorktrees({ repository, folder: worktrees }).catch((error: unknown) =>
          context.log('leftover worktrees could not be looked for', { error: String(error) }),
        ),
      );
    await pruned.get(repository);
    const ref = task.payload['ref'] ?? project.ref ?? 'HEAD';
    // Something was meant by it, and nobody knows what: to test HEAD in its place would prove nothing about it.
    if (typeof ref !== 'string')
      return nothingRan(
        notBegun(
          'no_such_ref',
          `the ref of the task is ${JSON.stringify(ref).slice(0, 200)}, which is no text`,
          FIX.no_such_ref,
        ),
      );
    try {
      return await withWorktree(
        {
          repository,
          ref,
          folder: worktrees,
          name: `task-${task.id}`,
          signal: context.signal,
          onLeftover: (path, error) =>
            context.log('a worktree could not be taken away', { path, error: error.message }),
        },
        (worktree) => testIn(worktree, project, task, context),
      );
    } catch (error) {
      if (!(error instanceof WorktreeError)) throw error;
      if (error.cause instanceof GitFailure && BY_GIT[error.code] !== undefined)
        return nothingRan(gitNotBegun(error.cause, BY_GIT[error.code] ?? '', FIX[error.code]));
      return nothingRan(notBegun(error.code, error.message, FIX[error.code]));
    }
  };

  const testIn = async (
    { path, commit, ref }: Worktree,
    project: TestProject,
    task: ClaimedTask,
    context: TaskContext,
  ): Promise<RunnerEnd> => {
    const reports = resolve(folder, 'reports', task.id);
    const noReports = await mkdir(reports, { recursive: true }).then(
      () => undefined,
      (error: Error) => error,
    );
    if (noReports !== undefined)
      return nothingRan(
        notBegun(
          'folder_not_writable',
          `the folder ${reports} cannot be written: ${noReports.message}`,
          FIX.folder_not_writable,
        ),
      );
    const report = join(reports, TEST_REPORT_FILE);
    const live = new LiveTail(context.showOutput);
    const runStartedAt = new Date();
    const tested = await runTests({
      command: project.command,
      folder: path,
      report,
      commit,
      runId: task.run_id,
      smoke: project.smoke,
      graceMs,
      timeLimitMs: project.timeLimitMs,
      table: project.table,
      env: commandEnvironment(task, JSON.stringify(task.payload), process.env, project.env),
      signal: context.signal,
      onOutput: live.add,
      onUnguarded: (error) => context.log('the command runs on should this worker be killed', { error: error.message }),
    }).finally(() => live.end());
    const gate = await readReport({ file: report, runStartedAt, commit, runId: task.run_id });
    return {
      outcome: gated(tested.outcome, gate),
      result: {
        commit,
        ref,
        report,
        gate: gate.reason,
        counts: tested.counts,
        smoke: tested.smoke,
        memory_peak_bytes: tested.memoryPeakBytes,
      },
    };
  };

  return async (task, context) => endByOutcome(await run(task, context));
}

const FIX: Record<WorktreeError['code'], string> = {
  no_repository: 'clone the repository there, readable by the user of this runner',
  no_such_ref: 'fetch it into the clone of this runner, or correct the ref: a branch, a tag or a commit',
  ambiguous_ref: 'write the ref out: the whole commit, refs/tags/NAME, refs/heads/NAME or refs/remotes/REMOTE/NAME',
  folder_not_writable: 'give the user of this runner the right to write there, or name another folder',
  not_made: 'look at the repository on the machine of this runner',
  submodules_missing:
    'let the user of this runner reach what .gitmodules names, as that user: git submodule update --init --recursive',
  filter_not_set_up:
    'install the filter and set it up for the user of this runner (git-lfs: git lfs install); should the ' +
    'tests not need it: git config --global filter.NAME.smudge cat',
  content_missing:
    'let git-lfs or git-annex fetch content for the user of this runner (git lfs install, without ' +
    '--skip-smudge and GIT_LFS_SKIP_SMUDGE)',
};

/** What git could not do, where it may have met a passing disturbance. */
const BY_GIT: Partial<Record<WorktreeError['code'], string>> = {
  not_made: 'no worktree could be made',
  submodules_missing: 'the submodules could not be filled in',
};

/** The gate has the last word on what passed: where the proof is not there, nothing has. */
function gated(outcome: RunnerOutcome, gate: { passes: boolean; reason: string }): RunnerOutcome {
  if (outcome.outcome !== 'passed' || gate.passes) return outcome;
  return {
    outcome: 'failed',
    evidence: {
      ...outcome.evidence,
      row: 'gate',
      says: `the command passed, and its gate did not: ${gate.reason}`.slice(0, 2_000),
    },
  };
}

function nothingRan(outcome: RunnerOutcome): RunnerEnd {
  return { outcome, result: {} };
}

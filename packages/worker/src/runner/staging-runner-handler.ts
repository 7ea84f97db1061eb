import { checkTarget, runStaging, SshTargetError, type OutcomeRow, type SshTarget } from '@orchestra/runner';
import { LiveTail } from '../command/live-tail.ts';
import type { Handler } from '../task-run.ts';
import { endByOutcome } from './end-by-outcome.ts';
import { notBegun } from './not-begun.ts';

export interface StagingRunnerOptions extends SshTarget {
  /**
   * The program on the host and its arguments: the operator's, the same for every task. What a task brings comes on its
   * stdin.
   */
  command: readonly string[];
  /** One hour unless given. */
  timeLimitMs?: number | undefined;
  graceMs?: number | undefined;
  table?: readonly OutcomeRow[] | undefined;
}

const TAIL_CHARS_MAX = 16_000;

/**
 * The handler of the staging runner: one command on one host, over ssh, with the task as a line of JSON on its stdin.
 *
 * @throws TypeError without a command; SshTargetError for settings that cannot be used
 */
export function stagingRunnerHandler(options: StagingRunnerOptions): Handler {
  checkTarget(options);
  if (options.command.length === 0) throw new TypeError('a staging runner needs a command to run on its host');
  return async (task, context) => {
    const live = new LiveTail(context.showOutput);
    const data = {
      task_id: task.id,
      run_id: task.run_id,
      repo: task.repo,
      pipeline: task.pipeline ?? null,
      stage: task.stage ?? null,
      agent_id: task.agent_id,
      skill: task.skill,
      quest_id: task.quest_id,
      actor_id: task.actor_id,
      attempt: task.attempt,
      payload: task.payload,
    };
    try {
      const { outcome, counts, tail } = await runStaging({
        ...options,
        data,
        signal: context.signal,
        onOutput: live.add,
        onUnguarded: (error) =>
          context.log('the command runs on should this worker be killed', { error: error.message }),
      });
      return endByOutcome({ outcome, result: { host: options.host, counts, tail: tail.slice(-TAIL_CHARS_MAX) } });
    } catch (error) {
      if (!(error instanceof SshTargetError)) throw error;
      return endByOutcome({
        outcome: notBegun('settings_wrong', error.message, 'correct the settings of the staging runner'),
        result: {},
      });
    } finally {
      live.end();
    }
  };
}

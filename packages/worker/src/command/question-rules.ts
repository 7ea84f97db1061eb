import type { Client } from '@orchestra-brake/client';
import type { ClaimedTask } from '@orchestra/task-queue/contract';

/** What is to become of questions that a command leaves. */
export interface QuestionRule {
  /** Whether runs of this task may ask a person. Where not, questions are left where they are. */
  readonly asks: boolean;
  /**
   * Files that a run leaves, below its working folder. Only all of them, written after the questions, supersede them.
   */
  readonly deliverables: readonly string[];
}

export type QuestionRuleOf = (task: ClaimedTask) => Promise<QuestionRule>;

/**
 * The rule as the service declares it, read when a command has left questions. What the stage declares as deliverables
 * and what the worker was given count together: a package is complete when nothing of either is missing.
 *
 * @param onUnread told when the service cannot be read; then the questions are asked, which costs less than going on
 *   without an answer
 */
export function questionRules(
  client: Pick<Client, 'pipelines'>,
  deliverables: readonly string[],
  onUnread: (error: Error) => void = () => {},
): QuestionRuleOf {
  return async ({ pipeline, stage, repo }) => {
    try {
      const { pipelines, questions } = await client.pipelines();
      const ofStage =
        pipelines.find((one) => one.pipeline === pipeline)?.stages.find((one) => one.stage === stage)?.deliverables ??
        [];
      const only = questions?.only_repos ?? null;
      // A service that says nothing of it is older than the switch.
      const asks =
        questions?.switched !== 'off' && (only === null || (typeof repo === 'string' && only.includes(repo)));
      return { asks, deliverables: [...new Set([...ofStage, ...deliverables])] };
    } catch (error) {
      onUnread(error instanceof Error ? error : new Error(String(error)));
      return { asks: true, deliverables: [] };
    }
  };
}

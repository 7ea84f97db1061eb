import { DONE } from '../contract/index.ts';
import { retryDelaySeconds } from './retry-delay.ts';
import { DEFAULT_PIPELINES, findStage, type Pipeline } from './pipeline.ts';
import { TRANSIENT_DELAYS_SECONDS } from './transient-delay.ts';

const RETRY_DELAYS = Array.from({ length: 10 }, (_, index) => retryDelaySeconds(index + 1));

/** So often in a row a passing disturbance is tried again, unless set. */
export const TRANSIENT_RETRIES = 5;

/** What the endings of runs follow. */
export interface StageRules {
  pipelines: readonly Pipeline[];
  /** So often in a row a run that met a passing disturbance is tried again; then its task is held. */
  transientRetries: number;
  /**
   * All that `orchestra_turn` goes by, as the text of a JSON object; its transitions are `{pipeline: {stage: {pass:
   * {stage, skill}, fail: {stage, skill}}}}`. Delays are in seconds: before the second attempt, the third, and so on,
   * and before the tries after the first disturbance, the second, and so on.
   */
  text: string;
}

export function makeStageRules(
  options: { pipelines?: readonly Pipeline[]; transientRetries?: number } = {},
): StageRules {
  const { pipelines = DEFAULT_PIPELINES, transientRetries = TRANSIENT_RETRIES } = options;
  const text = JSON.stringify({
    retry_delays: RETRY_DELAYS,
    transient_delays: TRANSIENT_DELAYS_SECONDS,
    transient_retries: transientRetries,
    transitions: Object.fromEntries(pipelines.map((pipeline) => [pipeline.name, transitionsOf(pipeline)])),
  });
  return { pipelines, transientRetries, text };
}

export const DEFAULT_STAGE_RULES: StageRules = makeStageRules();

function transitionsOf(pipeline: Pipeline): Record<string, unknown> {
  const to = (name: string) =>
    name === DONE ? { stage: DONE } : { stage: name, skill: findStage(pipeline, name)?.skill };
  return Object.fromEntries(
    pipeline.stages.map((stage) => [stage.name, { pass: to(stage.onPass), fail: to(stage.onFail) }]),
  );
}

import { DONE } from '../contract/index.ts';
import { DEFAULT_PIPELINES, findStage, type Pipeline } from './pipeline.ts';

/** So often in a row a passing disturbance is tried again, unless set. */
export const TRANSIENT_RETRIES = 5;

/** What the endings of runs follow. */
export interface StageRules {
  pipelines: readonly Pipeline[];
  /** So often in a row a run that met a passing disturbance is tried again; then its task is held. */
  transientRetries: number;
  /** The transitions as the ending statement takes them: `{pipeline: {stage: {pass: {stage, skill}, fail: {stage, skill}}}}`. */
  transitions: string;
}

export function makeStageRules(options: { pipelines?: readonly Pipeline[]; transientRetries?: number } = {}): StageRules {
  const { pipelines = DEFAULT_PIPELINES, transientRetries = TRANSIENT_RETRIES } = options;
  return { pipelines, transientRetries, transitions: JSON.stringify(Object.fromEntries(pipelines.map((pipeline) => [pipeline.name, transitionsOf(pipeline)]))) };
}

export const DEFAULT_STAGE_RULES: StageRules = makeStageRules();

function transitionsOf(pipeline: Pipeline): Record<string, unknown> {
  const to = (name: string) => (name === DONE ? { stage: DONE } : { stage: name, skill: findStage(pipeline, name)?.skill });
  return Object.fromEntries(pipeline.stages.map((stage) => [stage.name, { pass: to(stage.onPass), fail: to(stage.onFail) }]));
}

import type { PipelinesView } from '../contract/index.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';

/** `GET /api/pipelines` */
export function viewPipelines(pipelines: readonly Pipeline[]): PipelinesView {
  return {
    pipelines: pipelines.map(({ name, stages }) => ({
      pipeline: name,
      stages: stages.map((stage) => ({
        stage: stage.name, skill: stage.skill, runner: stage.runner, report: stage.report,
        on_pass: stage.onPass, on_fail: stage.onFail, on_needs_input: stage.onNeedsInput,
      })),
    })),
  };
}

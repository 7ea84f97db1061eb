import type { PipelinesView } from '../contract/index.ts';
import type { QuestionRepos } from '../questions/may-ask.ts';
import type { Pipeline } from '../pipelines/pipeline.ts';

/** `GET /api/pipelines` */
export function viewPipelines(pipelines: readonly Pipeline[], questionRepos: QuestionRepos = null): PipelinesView {
  return {
    questions:
      questionRepos?.length === 0
        ? { switched: 'off', only_repos: null }
        : { switched: 'on', only_repos: questionRepos === null ? null : [...questionRepos] },
    pipelines: pipelines.map(({ name, stages }) => ({
      pipeline: name,
      stages: stages.map((stage) => ({
        stage: stage.name,
        skill: stage.skill,
        runner: stage.runner,
        report: stage.report,
        deliverables: [...stage.deliverables],
        on_pass: stage.onPass,
        on_fail: stage.onFail,
        on_needs_input: stage.onNeedsInput,
      })),
    })),
  };
}

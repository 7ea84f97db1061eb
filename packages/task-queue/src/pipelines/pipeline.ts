import { DONE, type RunnerName } from '../contract/index.ts';

/** One stage of a pipeline: who runs it, what its gate reads, and where its task goes from there. */
export interface Stage {
  name: string;
  /** The label that tasks in this stage carry: the workers of this skill run it, and a pause of it holds them. */
  skill: string;
  /** Who takes the place of those workers where the runner's switch is on. */
  runner: RunnerName | null;
  /** The file that the stage's gate reads; null: what the run says of itself decides. */
  report: string | null;
  /**
   * The files that a run of it leaves in its folder. Only all of them, written later, supersede questions. None:
   * questions are always asked.
   */
  deliverables: readonly string[];
  /** A stage, or `done`. */
  onPass: string;
  /** A stage; this one itself: it is tried again there. */
  onFail: string;
  /** The stage itself: an answer is for whoever asked. */
  onNeedsInput: string;
}

/** A declared table of stages. A task that names no stage begins in the first. */
export interface Pipeline {
  name: string;
  stages: readonly Stage[];
}

const stage = (name: string, rest: Partial<Stage> & Pick<Stage, 'onPass'>): Stage => ({
  name,
  skill: name,
  runner: null,
  report: null,
  deliverables: [],
  onFail: name,
  onNeedsInput: name,
  ...rest,
});

/** What there is without a stages file. `examples/pipeline/stages.yaml` says the same; a test compares the two. */
export const DEFAULT_PIPELINES: readonly Pipeline[] = [
  {
    name: 'default',
    stages: [
      stage('analysis', { onPass: 'development' }),
      stage('development', { onPass: 'review' }),
      stage('review', { onPass: 'testing', onFail: 'development' }),
      stage('testing', { runner: 'test', report: '13-test-report.md', onPass: 'staging', onFail: 'development' }),
      stage('staging', { runner: 'staging', onPass: 'deploy', onFail: 'development' }),
      stage('deploy', { onPass: DONE, onFail: 'development' }),
    ],
  },
];

/** The pipeline of this name; undefined where there is none. */
export function findPipeline(pipelines: readonly Pipeline[], name: string): Pipeline | undefined {
  return pipelines.find((pipeline) => pipeline.name === name);
}

/** The stage of this name in a pipeline; undefined where there is none. */
export function findStage(pipeline: Pipeline, name: string): Stage | undefined {
  return pipeline.stages.find((one) => one.name === name);
}

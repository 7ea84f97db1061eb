import { TaskError } from '../errors.ts';
import { findPipeline, findStage, type Pipeline } from './pipeline.ts';

interface ToPlace {
  pipeline?: string | null | undefined;
  stage?: string | null | undefined;
  skill?: string | null | undefined;
}

const DEFAULT = 'default';
const LISTED_MAX = 50;

/**
 * A task as it enters its pipeline: in the stage that it names, or the first one, with the skill of that stage. A stage
 * without a pipeline is one of the pipeline `default`. A task that names neither is left as it is.
 *
 * @throws TaskError `unknown_stage`, with the list of what there is
 */
export function placeInPipeline<T extends ToPlace>(task: T, pipelines: readonly Pipeline[]): T {
  const { pipeline: wanted = null, stage: wantedStage = null, skill = null } = task;
  if (wanted === null && wantedStage === null) return task;
  const pipeline = findPipeline(pipelines, wanted ?? DEFAULT);
  if (pipeline === undefined) {
    throw new TaskError(
      'unknown_stage',
      `there is no pipeline ${wanted ?? DEFAULT}; there is: ${list(pipelines.map(({ name }) => name))}`,
    );
  }
  const stage = wantedStage === null ? pipeline.stages[0] : findStage(pipeline, wantedStage);
  if (stage === undefined) {
    throw new TaskError(
      'unknown_stage',
      `the pipeline ${pipeline.name} has no stage ${wantedStage ?? ''}; it has: ` +
        `${list(pipeline.stages.map(({ name }) => name))}`,
    );
  }
  if (skill !== null && skill !== stage.skill) {
    throw new TaskError(
      'unknown_stage',
      `the stage ${stage.name} of the pipeline ${pipeline.name} is run by the skill ${stage.skill}, not ` +
        `${skill}; leave the skill away`,
    );
  }
  return { ...task, pipeline: pipeline.name, stage: stage.name, skill: stage.skill };
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED_MAX).join(', ');
  return names.length > LISTED_MAX ? `${shown} and ${names.length - LISTED_MAX} more` : shown || 'none';
}

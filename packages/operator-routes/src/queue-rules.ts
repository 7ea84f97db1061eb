import { ConfigError, wholeNumber, type SettingValues } from '@orchestra/service-shell';
import {
  DEFAULT_PIPELINES,
  LEASE_SECONDS,
  makeStageRules,
  StagesError,
  TRANSIENT_RETRIES,
  type GatedRepos,
  type RunnerSwitches,
  type StageRules,
} from '@orchestra/task-queue';
import { z } from 'zod';
import { readStagesFile } from './read-stages-file.ts';

export const onOrOff = z.enum(['on', 'off'], 'must be on or off').prefault('on');
const offOrOn = z.enum(['on', 'off'], 'must be on or off').prefault('off');
/**
 * A list that names nobody is no list: a switch that is on with an empty one is on for all, and `off` is there to
 * switch it off. Repos are labels, and so
 * read as NFC (decision 0029).
 */
export const repoList = z
  .string()
  .transform((text) =>
    text
      .normalize('NFC')
      .split(',')
      .map((repo) => repo.trim())
      .filter((repo) => repo !== ''),
  )
  .transform((repos) => (repos.length === 0 ? undefined : repos))
  .optional();

/** null: for all; an empty list: for none. */
export function reposOf(isOn: 'on' | 'off', repos: string[] | undefined): readonly string[] | null {
  return isOn === 'off' ? [] : (repos ?? null);
}

/**
 * The settings by which the queue runs. Anyone who serves the queue reads them, and all have to agree: worker-claimer
 * goes by them, and pause-api tells by them why a task does not start.
 */
export const QUEUE_SETTINGS = {
  ORCHESTRA_LEASE_SECONDS: wholeNumber({ min: 1, max: 86_400, unset: LEASE_SECONDS }).describe(
    'how long a run may go without a heartbeat before it is taken away; workers are told with each claim',
  ),
  ORCHESTRA_HEAL: onOrOff.describe(
    'on or off: queued tasks that still name a run, as an older schema may have left some, are healed at ' +
      'the start and on each tick of the reaper',
  ),
  ORCHESTRA_SERIAL_GATE: onOrOff.describe(
    'on or off: of the tasks with a repo, first in, first out, and no more in progress at a time than the repo allows',
  ),
  ORCHESTRA_SERIAL_GATE_REPOS: repoList.describe(
    'the repos for which the serial gate holds, separated by commas; not set: all',
  ),
  ORCHESTRA_STAGES: z
    .string()
    .optional()
    .describe(
      'a file that declares the pipelines and their stages; not set: the pipeline "default", as ' +
        'examples/pipeline/stages.yaml shows it',
    ),
  ORCHESTRA_TRANSIENT_RETRIES: wholeNumber({ min: 0, max: 1_000, unset: TRANSIENT_RETRIES }).describe(
    'so often in a row a run that a passing disturbance has stopped is tried again; then its task is held',
  ),
  ORCHESTRA_TEST_RUNNER: offOrOn.describe(
    'on or off: the tasks of stages that name the runner test are kept for its workers; otherwise the ' +
      'ordinary workers of the skill take them',
  ),
  ORCHESTRA_TEST_RUNNER_REPOS: repoList.describe(
    'the repos for which that holds, separated by commas; not set: all tasks of those stages',
  ),
  ORCHESTRA_STAGING_RUNNER: offOrOn.describe('on or off: the same for the runner staging'),
  ORCHESTRA_STAGING_RUNNER_REPOS: repoList.describe(
    'the repos for which that holds, separated by commas; not set: all tasks of those stages',
  ),
};

export interface QueueRules {
  /** Absent: 60. */
  leaseSeconds?: number;
  /** Absent: on. */
  heal?: 'on' | 'off';
  /** For which repos the serial gate holds; absent: for all. */
  gatedRepos?: GatedRepos;
  /** Where tasks with stages go; absent: the default pipeline, five tries. */
  stages?: StageRules;
  /** For which repos runners take the place of a skill's ordinary workers; absent: for none. */
  runners?: RunnerSwitches;
}

/** @throws ConfigError */
export function readQueueRules(values: SettingValues<typeof QUEUE_SETTINGS>): Required<QueueRules> {
  return {
    leaseSeconds: values.ORCHESTRA_LEASE_SECONDS,
    heal: values.ORCHESTRA_HEAL,
    gatedRepos: reposOf(values.ORCHESTRA_SERIAL_GATE, values.ORCHESTRA_SERIAL_GATE_REPOS),
    stages: stageRules(values.ORCHESTRA_STAGES, values.ORCHESTRA_TRANSIENT_RETRIES),
    runners: {
      test: reposOf(values.ORCHESTRA_TEST_RUNNER, values.ORCHESTRA_TEST_RUNNER_REPOS),
      staging: reposOf(values.ORCHESTRA_STAGING_RUNNER, values.ORCHESTRA_STAGING_RUNNER_REPOS),
    },
  };
}

function stageRules(path: string | undefined, transientRetries: number): StageRules {
  try {
    return makeStageRules({
      pipelines: path === undefined ? DEFAULT_PIPELINES : readStagesFile(path),
      transientRetries,
    });
  } catch (cause) {
    if (!(cause instanceof StagesError)) throw cause;
    throw new ConfigError(
      `the stages file that ORCHESTRA_STAGES names cannot be used:\n${cause.message
        .split('\n')
        .map((line) => `  ${line}`)
        .join('\n')}`,
      { cause },
    );
  }
}

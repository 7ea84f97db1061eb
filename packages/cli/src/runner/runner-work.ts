import { preflightStaging, preflightTests, type Preflight } from '@orchestra/runner';
import type { RunnerName } from '@orchestra/task-queue/contract';
import { stagingRunnerHandler, testRunnerHandler, type Handler } from '@orchestra-brake/worker';
import type { RunnerSkill } from './runner-skills.ts';
import { readStagingConfig } from './staging-config.ts';
import { readTestingConfig } from './testing-config.ts';

/** What a worker needs to be a runner. */
export interface RunnerWork {
  runner: RunnerName;
  handler: Handler;
  /** What it runs, for the person who started it. */
  says: string;
  execHostSide: boolean;
  /** Looks at the environment; never rejects. */
  look: (signal: AbortSignal) => Promise<Preflight>;
}

/** @throws CommandFailure `unreadable`; `wrong_usage` for settings that cannot be used */
export async function readRunnerWork(skill: RunnerSkill, file: string): Promise<RunnerWork> {
  switch (skill) {
    case 'testing': {
      const options = await readTestingConfig(file);
      return {
        runner: 'test',
        handler: testRunnerHandler(options),
        says: `the tests of ${Object.keys(options.projects).join(', ')}`,
        execHostSide: false,
        look: (signal) => preflightTests(options, { signal }),
      };
    }
    case 'staging': {
      const options = await readStagingConfig(file);
      return {
        runner: 'staging',
        handler: stagingRunnerHandler(options),
        says: `${options.command.join(' ')} on ${options.user}@${options.host}`,
        execHostSide: true,
        look: (signal) => preflightStaging(options, { signal }),
      };
    }
  }
}

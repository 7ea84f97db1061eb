import {
  onOrOff,
  QUEUE_SETTINGS,
  readQueueRules,
  repoList,
  reposOf,
  type QueueRules,
} from '@orchestra/operator-routes';
import {
  COMMON_SETTINGS,
  portNumber,
  readSettings,
  serviceConfig,
  wholeNumber,
  type ServiceConfig,
} from '@orchestra/service-shell';
import type { AutoParkRepos, QuestionRepos } from '@orchestra/task-queue';
import { z } from 'zod';

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  ...QUEUE_SETTINGS,
  WORKER_CLAIMER_PORT: portNumber(4_401).describe('the port of worker-claimer; 0 picks a free one'),
  ORCHESTRA_REAPER_SECONDS: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'must be a whole number from 1 to 99999')
    .transform(Number)
    .optional()
    .describe('how often runs without a heartbeat are looked for; not set: a quarter of the lease, at least 1'),
  ORCHESTRA_RETENTION_DAYS: z
    .string()
    .regex(/^[1-9][0-9]{0,4}$/, 'must be a whole number from 1 to 99999')
    .transform(Number)
    .optional()
    .describe('finished tasks older than this are deleted, with their events; not set: never'),
  // Below the number of connections that a service takes, so that heartbeats still get through when all of these wait.
  ORCHESTRA_CLAIM_WAITERS_MAX: wholeNumber({ min: 1, max: 10_000, unset: 800 }).describe(
    'how many claims may wait for a task at a time; further ones are turned away with 503',
  ),
  ORCHESTRA_QUESTIONS: onOrOff.describe(
    'on or off: a run may end with questions to a person; otherwise nobody is asked, and a command that ' +
      'leaves questions is done',
  ),
  ORCHESTRA_QUESTIONS_REPOS: repoList.describe('the repos whose runs may ask, separated by commas; not set: all tasks'),
  ORCHESTRA_AUTO_PARK: onOrOff.describe(
    'on or off: a task that asks a question is parked; otherwise it is held, and its repo waits with it',
  ),
  ORCHESTRA_AUTO_PARK_REPOS: repoList.describe(
    'the repos whose tasks a question parks, separated by commas; not set: all tasks',
  ),
};

export interface WorkerClaimerConfig extends ServiceConfig, QueueRules {
  leaseSeconds: number;
  reapEveryMs: number;
  /** Absent: nothing is ever deleted. */
  retentionDays?: number | undefined;
  /** For tests: for how long a worker's process must have been gone before its runs are taken away. */
  goneForMs?: number;
  waitersMax: number;
  /** Of which repos a question parks the task; absent: of all, and those without a repo. */
  autoParkRepos?: AutoParkRepos;
  /** Of which repos runs may ask a person; absent: of all, and those without a repo. */
  questionRepos?: QuestionRepos;
  /** For tests: how often waiting claims look for what came by another door. */
  lookEveryMs?: number;
  /** For tests: how soon after one another workers that are new are written down. */
  sightingsGapMs?: number;
}

/** @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv): WorkerClaimerConfig {
  const values = readSettings(SETTINGS, env);
  return {
    ...serviceConfig(values, values.WORKER_CLAIMER_PORT),
    ...readQueueRules(values),
    reapEveryMs: (values.ORCHESTRA_REAPER_SECONDS ?? Math.max(1, values.ORCHESTRA_LEASE_SECONDS / 4)) * 1_000,
    retentionDays: values.ORCHESTRA_RETENTION_DAYS,
    waitersMax: values.ORCHESTRA_CLAIM_WAITERS_MAX,
    questionRepos: reposOf(values.ORCHESTRA_QUESTIONS, values.ORCHESTRA_QUESTIONS_REPOS),
    autoParkRepos: reposOf(values.ORCHESTRA_AUTO_PARK, values.ORCHESTRA_AUTO_PARK_REPOS),
  };
}

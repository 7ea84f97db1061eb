import { COMMON_SETTINGS, portNumber, readSettings, serviceConfig, wholeNumber, type ServiceConfig } from '@orchestra/service-shell';
import { LEASE_SECONDS, type AutoParkRepos, type GatedRepos } from '@orchestra/task-queue';
import { z } from 'zod';

const onOrOff = z.enum(['on', 'off'], 'must be on or off').prefault('on');
const repoList = z.string().transform((text) => text.split(',').map((repo) => repo.trim()).filter((repo) => repo !== '')).optional();

/** null: for all; an empty list: for none. */
function reposOf(isOn: 'on' | 'off', repos: string[] | undefined): readonly string[] | null {
  return isOn === 'off' ? [] : repos ?? null;
}

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  WORKER_CLAIMER_PORT: portNumber(4_401).describe('the port of worker-claimer; 0 picks a free one'),
  ORCHESTRA_LEASE_SECONDS: wholeNumber({ min: 1, max: 86_400, unset: LEASE_SECONDS })
    .describe('how long a run may go without a heartbeat before it is taken away; workers are told with each claim'),
  ORCHESTRA_REAPER_SECONDS: z.string().regex(/^[1-9][0-9]{0,4}$/, 'must be a whole number from 1 to 99999').transform(Number).optional()
    .describe('how often runs without a heartbeat are looked for; not set: a quarter of the lease, at least 1'),
  ORCHESTRA_HEAL: onOrOff.describe('on or off: queued tasks that still name a run, as an older schema may have left some, are healed at the start and on each tick of the reaper'),
  ORCHESTRA_RETENTION_DAYS: z.string().regex(/^[1-9][0-9]{0,4}$/, 'must be a whole number from 1 to 99999').transform(Number).optional()
    .describe('finished tasks older than this are deleted, with their events; not set: never'),
  // Below the number of connections that a service takes, so that heartbeats still get through when all of these wait.
  ORCHESTRA_CLAIM_WAITERS_MAX: wholeNumber({ min: 1, max: 10_000, unset: 800 })
    .describe('how many claims may wait for a task at a time; further ones are turned away with 503'),
  ORCHESTRA_SERIAL_GATE: onOrOff.describe('on or off: of the tasks with a repo, first in, first out, and no more in progress at a time than the repo allows'),
  ORCHESTRA_SERIAL_GATE_REPOS: repoList.describe('the repos for which the serial gate holds, separated by commas; not set: all'),
  ORCHESTRA_AUTO_PARK: onOrOff.describe('on or off: a task that asks a question is parked; otherwise it is held, and its repo waits with it'),
  ORCHESTRA_AUTO_PARK_REPOS: repoList.describe('the repos whose tasks a question parks, separated by commas; not set: all tasks'),
};

export interface WorkerClaimerConfig extends ServiceConfig {
  leaseSeconds: number;
  reapEveryMs: number;
  /** Absent: on. */
  heal?: 'on' | 'off';
  /** Absent: nothing is ever deleted. */
  retentionDays?: number | undefined;
  /** For tests: for how long a worker's process must have been gone before its runs are taken away. */
  goneForMs?: number;
  waitersMax: number;
  /** For which repos the serial gate holds; absent: for all. */
  gatedRepos?: GatedRepos;
  /** Of which repos a question parks the task; absent: of all, and those without a repo. */
  autoParkRepos?: AutoParkRepos;
  /** For tests: how often waiting claims look for what came by another door. */
  lookEveryMs?: number;
}

/** @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv): WorkerClaimerConfig {
  const values = readSettings(SETTINGS, env);
  const leaseSeconds = values.ORCHESTRA_LEASE_SECONDS;
  return {
    ...serviceConfig(values, values.WORKER_CLAIMER_PORT),
    leaseSeconds,
    reapEveryMs: (values.ORCHESTRA_REAPER_SECONDS ?? Math.max(1, leaseSeconds / 4)) * 1_000,
    heal: values.ORCHESTRA_HEAL,
    retentionDays: values.ORCHESTRA_RETENTION_DAYS,
    waitersMax: values.ORCHESTRA_CLAIM_WAITERS_MAX,
    gatedRepos: reposOf(values.ORCHESTRA_SERIAL_GATE, values.ORCHESTRA_SERIAL_GATE_REPOS),
    autoParkRepos: reposOf(values.ORCHESTRA_AUTO_PARK, values.ORCHESTRA_AUTO_PARK_REPOS),
  };
}

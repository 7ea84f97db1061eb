import { COMMON_SETTINGS, portNumber, readSettings, serviceConfig, wholeNumber, type ServiceConfig } from '@orchestra/service-shell';
import { LEASE_SECONDS } from '@orchestra/task-queue';
import { z } from 'zod';

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  WORKER_CLAIMER_PORT: portNumber(4_401).describe('the port of worker-claimer; 0 picks a free one'),
  ORCHESTRA_LEASE_SECONDS: wholeNumber({ min: 1, max: 86_400, unset: LEASE_SECONDS })
    .describe('how long a run may go without a heartbeat before it is taken away; workers are told with each claim'),
  ORCHESTRA_REAPER_SECONDS: z.string().regex(/^[1-9][0-9]{0,4}$/, 'must be a whole number from 1 to 99999').transform(Number).optional()
    .describe('how often runs without a heartbeat are looked for; not set: a quarter of the lease, at least 1'),
  // Below the number of connections that a service takes, so that heartbeats still get through when all of these wait.
  ORCHESTRA_CLAIM_WAITERS_MAX: wholeNumber({ min: 1, max: 10_000, unset: 800 })
    .describe('how many claims may wait for a task at a time; further ones are turned away with 503'),
};

export interface WorkerClaimerConfig extends ServiceConfig {
  leaseSeconds: number;
  reapEveryMs: number;
  waitersMax: number;
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
    waitersMax: values.ORCHESTRA_CLAIM_WAITERS_MAX,
  };
}

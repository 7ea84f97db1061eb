import { COMMON_SETTINGS, portNumber, readSettings, serviceConfig, wholeNumber, type ServiceConfig } from '@orchestra/service-shell';
import { SETTLE_TIMEOUT_MS } from '@orchestra/pause-core';

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  PAUSE_API_PORT: portNumber(4_400).describe('the port of pause-api; 0 picks a free one'),
  ORCHESTRA_SETTLE_TIMEOUT_MS: wholeNumber({ min: 0, max: 20_000, unset: SETTLE_TIMEOUT_MS })
    .describe('how long a pause call waits for claims that began before it, in milliseconds'),
};

export interface PauseApiConfig extends ServiceConfig {
  settleTimeoutMs?: number;
  /** For tests: what else would take minutes. */
  streams?: { max?: number; heartbeatMs?: number; drainMs?: number; recheckMs?: number };
}

/** @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv): PauseApiConfig {
  const values = readSettings(SETTINGS, env);
  return { ...serviceConfig(values, values.PAUSE_API_PORT), settleTimeoutMs: values.ORCHESTRA_SETTLE_TIMEOUT_MS };
}

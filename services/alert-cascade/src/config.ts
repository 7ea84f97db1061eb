import { AUTO_PAUSE_RULE, AUTO_PAUSES_AN_HOUR, type AlertRule } from '@orchestra/pause-core';
import {
  COMMON_SETTINGS,
  fraction,
  portNumber,
  readSettings,
  serviceConfig,
  wholeNumber,
  type ServiceConfig,
} from '@orchestra/service-shell';
import { RUNAWAY_RULE, type RunawayRule } from '@orchestra/task-queue';

const DAY_SECONDS = 86_400;

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  ALERT_CASCADE_PORT: portNumber(4_402).describe('the port of alert-cascade; 0 picks a free one'),
  ORCHESTRA_AUTO_PAUSE_ALERTS: wholeNumber({ min: 1, max: 1_000, unset: AUTO_PAUSE_RULE.alerts }).describe(
    'so many critical alerts about one actor pause it; the same for every instance',
  ),
  ORCHESTRA_AUTO_PAUSE_WINDOW_SECONDS: wholeNumber({
    min: 1,
    max: DAY_SECONDS,
    unset: AUTO_PAUSE_RULE.windowMs / 1_000,
  }).describe('within how long those alerts have to come'),
  ORCHESTRA_AUTO_PAUSE_SECONDS: wholeNumber({
    min: 1,
    max: 30 * DAY_SECONDS,
    unset: AUTO_PAUSE_RULE.pauseMs / 1_000,
  }).describe('how long such a pause lasts'),
  ORCHESTRA_AUTO_PAUSE_ALARM: wholeNumber({ min: 1, max: 100_000, unset: AUTO_PAUSES_AN_HOUR }).describe(
    'more auto-pauses than this within an hour by the alerts of one source raise an alert about that source',
  ),
  ORCHESTRA_RUNAWAY_RUNS: wholeNumber({ min: 1, max: 100_000, unset: RUNAWAY_RULE.runs }).describe(
    'so many ended runs of a task or an actor have to be there before the watchdog judges it',
  ),
  ORCHESTRA_RUNAWAY_SHARE: fraction({ min: 0.01, max: 1, unset: RUNAWAY_RULE.givenUpShare }).describe(
    'the part of them that was failed, given up or reaped, from which on it counts as running away',
  ),
  ORCHESTRA_RUNAWAY_WINDOW_SECONDS: wholeNumber({
    min: 1,
    max: DAY_SECONDS,
    unset: RUNAWAY_RULE.windowMs / 1_000,
  }).describe('the time over which runs are counted'),
  ORCHESTRA_WATCHDOG_SECONDS: fraction({ min: 0.1, max: 3_600, unset: 2 }).describe(
    'how often the watchdog looks at the runs that have ended',
  ),
};

export interface AlertCascadeConfig extends ServiceConfig {
  autoPause: AlertRule;
  /** Absent: as without the setting. */
  autoPauseAlarm?: number;
  runaway: RunawayRule;
  watchEveryMs: number;
  /** For tests: how often alerts are looked at when no bell rings. */
  sweepEveryMs?: number;
  /** For tests: how often alerts are looked for that came too late to count. */
  lateLookEveryMs?: number;
}

/** @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv): AlertCascadeConfig {
  const values = readSettings(SETTINGS, env);
  return {
    ...serviceConfig(values, values.ALERT_CASCADE_PORT),
    autoPause: {
      alerts: values.ORCHESTRA_AUTO_PAUSE_ALERTS,
      windowMs: values.ORCHESTRA_AUTO_PAUSE_WINDOW_SECONDS * 1_000,
      pauseMs: values.ORCHESTRA_AUTO_PAUSE_SECONDS * 1_000,
    },
    autoPauseAlarm: values.ORCHESTRA_AUTO_PAUSE_ALARM,
    runaway: {
      runs: values.ORCHESTRA_RUNAWAY_RUNS,
      givenUpShare: values.ORCHESTRA_RUNAWAY_SHARE,
      windowMs: values.ORCHESTRA_RUNAWAY_WINDOW_SECONDS * 1_000,
    },
    watchEveryMs: values.ORCHESTRA_WATCHDOG_SECONDS * 1_000,
  };
}

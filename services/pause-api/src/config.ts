import { QUEUE_SETTINGS, readQueueRules, type QueueRules } from '@orchestra/operator-routes';
import { readTargets, TargetsError, type NoticeTarget } from '@orchestra/notices';
import {
  COMMON_SETTINGS,
  ConfigError,
  portNumber,
  readSettings,
  serviceConfig,
  wholeNumber,
  type ServiceConfig,
} from '@orchestra/service-shell';
import { ALERTMANAGER_LABELS, SETTLE_TIMEOUT_MS, type AlertmanagerLabels } from '@orchestra/pause-core';
import { SEVERITIES, type Severity } from '@orchestra/pause-core/contract';
import { z } from 'zod';
import type { NoticeTimings } from './loops/send-notices.ts';

const labelName = (unset: string) => z.string().max(200, 'must be at most 200 characters').prefault(unset);

/** `theirs=ours, …`; what is not named keeps its meaning. */
const severityNames = z
  .string()
  .transform((text, context): Record<string, Severity> => {
    const named: Record<string, Severity> = {};
    for (const pair of text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')) {
      const [theirs = '', ours = '', ...rest] = pair.split('=').map((part) => part.trim());
      const known = SEVERITIES.find((severity) => severity === ours);
      if (theirs === '' || known === undefined || rest.length > 0) {
        context.addIssue({
          code: 'custom',
          message: `must be pairs such as page=critical, separated by commas; ours are ${SEVERITIES.join(', ')}`,
        });
        return z.NEVER;
      }
      named[theirs] = known;
    }
    return named;
  })
  .prefault('');

/** What this service reads from the environment. */
export const SETTINGS = {
  ...COMMON_SETTINGS,
  ...QUEUE_SETTINGS,
  PAUSE_API_PORT: portNumber(4_400).describe('the port of pause-api; 0 picks a free one'),
  ORCHESTRA_SETTLE_TIMEOUT_MS: wholeNumber({ min: 0, max: 20_000, unset: SETTLE_TIMEOUT_MS }).describe(
    'how long a pause call waits for claims that began before it, in milliseconds',
  ),
  ORCHESTRA_ALERTMANAGER_ACTOR_LABEL: labelName(ALERTMANAGER_LABELS.actorLabel).describe(
    'which label of an alert from Alertmanager names the actor',
  ),
  ORCHESTRA_ALERTMANAGER_SEVERITY_LABEL: labelName(ALERTMANAGER_LABELS.severityLabel).describe(
    'which label of an alert from Alertmanager says how severe it is',
  ),
  ORCHESTRA_ALERTMANAGER_SEVERITIES: severityNames.describe(
    'what values of that label mean here, besides the usual ones: pairs such as page=critical, separated by commas',
  ),
  ORCHESTRA_SELF_TEST_MINUTES: wholeNumber({ min: 0, max: 10_080, unset: 60 }).describe(
    'how often the brake is proved with an agent that nobody else has, in minutes; 0: never',
  ),
  PAUSE_API_TOKEN_FILE_TOLD: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe(
      "where the sign-in of the page says that an admin's token lies; `orchestra up` sets it. Not set: it " +
        'says how to make one',
    ),
  ORCHESTRA_NOTICES: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe('a YAML or JSON file of the targets of notices (outbound webhooks); not set: none are sent'),
};

export interface PauseApiConfig extends ServiceConfig {
  settleTimeoutMs?: number;
  /** Absent: the usual names. */
  alertmanager?: AlertmanagerLabels;
  /** How often the brake is proved; absent: never. */
  selfTestSeconds?: number | undefined;
  /** Where the sign-in says that a token lies; absent: it says how to make one. */
  tokenFileTold?: string | undefined;
  /** Absent: nobody is told. */
  notices?: readonly NoticeTarget[];
  /** For tests: what else would take minutes. */
  noticeTimings?: NoticeTimings;
  /** By what the queue runs that this service tells of; absent: as without any setting. */
  queue?: QueueRules;
  streams?: { max?: number; heartbeatMs?: number; drainMs?: number; recheckMs?: number };
}

/** @throws ConfigError */
export function readConfig(env: NodeJS.ProcessEnv): PauseApiConfig {
  const values = readSettings(SETTINGS, env);
  return {
    ...serviceConfig(values, values.PAUSE_API_PORT),
    settleTimeoutMs: values.ORCHESTRA_SETTLE_TIMEOUT_MS,
    alertmanager: {
      actorLabel: values.ORCHESTRA_ALERTMANAGER_ACTOR_LABEL,
      severityLabel: values.ORCHESTRA_ALERTMANAGER_SEVERITY_LABEL,
      severities: { ...ALERTMANAGER_LABELS.severities, ...values.ORCHESTRA_ALERTMANAGER_SEVERITIES },
    },
    notices: noticeTargets(values.ORCHESTRA_NOTICES, env),
    selfTestSeconds: values.ORCHESTRA_SELF_TEST_MINUTES === 0 ? undefined : values.ORCHESTRA_SELF_TEST_MINUTES * 60,
    tokenFileTold: values.PAUSE_API_TOKEN_FILE_TOLD,
    queue: readQueueRules(values),
  };
}

function noticeTargets(path: string | undefined, env: NodeJS.ProcessEnv): NoticeTarget[] {
  if (path === undefined) return [];
  try {
    return readTargets(path, env);
  } catch (error) {
    if (error instanceof TargetsError) throw new ConfigError(`ORCHESTRA_NOTICES: ${error.message}`, { cause: error });
    throw error;
  }
}

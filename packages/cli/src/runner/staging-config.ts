import { checkTarget, SshTargetError } from '@orchestra/runner';
import type { StagingRunnerOptions } from '@orchestra-brake/worker';
import { z } from 'zod';
import { wrongUsage } from '../failure.ts';
import { argv, duration, path, readConfigFile, readOutcomes } from './config-file.ts';

const stagingConfig = z.strictObject({
  user: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65_535).optional(),
  identity_file: path,
  known_hosts_file: path,
  command: argv,
  connect_timeout: duration.optional(),
  time_limit: duration.optional(),
  outcomes: path.optional(),
});

/**
 * The settings of the staging runner.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` naming file, line and field
 */
export async function readStagingConfig(file: string): Promise<StagingRunnerOptions> {
  const { settings, path: at } = await readConfigFile(file, stagingConfig);
  const { user, host, port, command, time_limit: seconds, outcomes } = settings;
  const target = {
    user,
    host,
    port,
    identityFile: at(settings.identity_file),
    knownHostsFile: at(settings.known_hosts_file),
    connectTimeoutSeconds: settings.connect_timeout,
  };
  try {
    checkTarget(target);
  } catch (cause) {
    if (!(cause instanceof SshTargetError)) throw cause;
    throw wrongUsage(`${file}: ${cause.message}`, { cause });
  }
  return {
    ...target,
    command,
    timeLimitMs: seconds === undefined ? undefined : seconds * 1_000,
    table: await readOutcomes(outcomes === undefined ? undefined : at(outcomes)),
  };
}

import { smokeOf, type SmokeOrder } from '@orchestra/runner';
import type { TestProject, TestRunnerOptions } from '@orchestra-brake/worker';
import { z } from 'zod';
import { wrongUsage } from '../failure.ts';
import { readText } from '../read-input.ts';
import { argv, duration, path, readConfigFile, readOutcomes, type ConfigFile } from './config-file.ts';

const TOKEN_BYTES_MAX = 4_096;

const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https address' });
const clone = path.refine(
  (given) => !/^[a-z][a-z0-9+.-]*:\/\//i.test(given) && !/^[^/]+@[^/]+:/.test(given),
  'must be the path of a clone on this machine: make one with `git clone --mirror`, keep it fetched, and name it here',
);

const smoke = z
  .strictObject({
    services: z.array(httpUrl).max(50).default([]),
    urls: z.array(httpUrl).max(50).default([]),
    token_file: path.optional(),
    time_limit: duration.optional(),
  })
  .refine(({ services, urls }) => services.length + urls.length > 0, 'must name services or urls');

const forEach = {
  command: argv.optional(),
  time_limit: duration.optional(),
  smoke: smoke.optional(),
  outcomes: path.optional(),
};
const repository = z.strictObject({
  path: clone,
  ref: z.string().min(1).max(1_000).optional(),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and underscores'),
      z.string('must be a text: put it in quotes').refine((text) => !text.includes('\0'), 'must not hold NUL'),
    )
    .optional(),
  ...forEach,
});
const testingConfig = z
  .strictObject({
    folder: path,
    ...forEach,
    // By a form of its own for each, so that a fault in one is told as what it is and not as "neither".
    repositories: z
      .record(
        z.string().min(1),
        z.preprocess((given) => (typeof given === 'string' ? { path: given } : given), repository),
      )
      .refine((repositories) => Object.keys(repositories).length > 0, 'must name at least one; "*" is every other'),
  })
  .superRefine(({ command, repositories }, context) => {
    if (command !== undefined) return;
    for (const [name, own] of Object.entries(repositories)) {
      if (own.command === undefined)
        context.addIssue({
          code: 'custom',
          path: ['repositories', name, 'command'],
          message: 'is required where the file names no command for all of them',
        });
    }
  });
type Settings = z.output<typeof testingConfig>;

/**
 * The settings of the test runner.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` naming file, line and field
 */
export async function readTestingConfig(file: string): Promise<TestRunnerOptions> {
  const config = await readConfigFile(file, testingConfig);
  const projects: [string, TestProject][] = [];
  for (const [name, own] of Object.entries(config.settings.repositories))
    projects.push([name, await projectOf(own, config)]);
  return { projects: Object.fromEntries(projects), folder: config.path(config.settings.folder) };
}

async function projectOf(
  own: Settings['repositories'][string],
  { settings, path: at }: ConfigFile<Settings>,
): Promise<TestProject> {
  const { command = [], time_limit: seconds, smoke: asked, outcomes } = { ...settings, ...own };
  return {
    repository: at(own.path),
    command,
    ref: own.ref,
    env: own.env,
    timeLimitMs: seconds === undefined ? undefined : seconds * 1_000,
    smoke: asked === undefined ? undefined : await smokeOrder(asked, at),
    table: await readOutcomes(outcomes === undefined ? undefined : at(outcomes)),
  };
}

async function smokeOrder(
  { services, urls, token_file: file, time_limit: seconds }: z.output<typeof smoke>,
  at: (given: string) => string,
): Promise<SmokeOrder> {
  return {
    checks: [...services.flatMap(smokeOf), ...urls.map((url) => ({ url, expects: 'ok' as const }))],
    token: file === undefined ? undefined : await readToken(at(file)),
    timeLimitMs: seconds === undefined ? undefined : seconds * 1_000,
  };
}

async function readToken(file: string): Promise<string> {
  const token = (await readText(file, TOKEN_BYTES_MAX)).trim();
  // A header takes nothing else, and the error of a header would print it.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw wrongUsage(`smoke.token_file: ${file} holds no token: one line, without spaces`);
  return token;
}

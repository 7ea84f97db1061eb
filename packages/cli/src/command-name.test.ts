import { expect, test } from 'vitest';
import { commandName, type Start } from './command-name.ts';

const INSTALLED = '/home/ada/project/node_modules/orchestra-brake/dist/packages/cli/bin/run.js';
const npm = { npm_config_user_agent: 'npm/11.6.0 node/v24.21.0 linux x64' };
const pnpm = { npm_config_user_agent: 'pnpm/12.21.0 npm/? node/v24.21.0 linux x64' };
const yarn = { npm_config_user_agent: 'yarn/4.18.1 npm/? node/v24.21.0 linux x64' };

test.each<[string, Pick<Start, 'program' | 'env'>]>([
  [
    'npx orchestra-brake',
    {
      program: '/home/ada/.npm/_npx/0b8f/node_modules/.bin/orchestra-brake',
      env: { ...npm, npm_lifecycle_event: 'npx' },
    },
  ],
  [
    'npx orchestra',
    { program: '/home/ada/project/node_modules/.bin/orchestra', env: { ...npm, npm_lifecycle_event: 'npx' } },
  ],
  [
    'npx orchestra',
    { program: '/home/ada/project/node_modules/.bin/orchestra', env: { ...npm, npm_lifecycle_event: 'start' } },
  ],
  // Installed by pnpm, whose link is a script that names the file, and started by npx.
  ['npx orchestra-brake', { program: INSTALLED, env: { ...npm, npm_lifecycle_event: 'npx' } }],
  ['pnpm exec orchestra-brake', { program: INSTALLED, env: pnpm }],
  [
    'pnpm dlx orchestra-brake',
    { program: '/home/ada/.cache/pnpm/dlx/4f/node_modules/orchestra-brake/dist/packages/cli/bin/run.js', env: pnpm },
  ],
  ['yarn orchestra-brake', { program: INSTALLED, env: yarn }],
  [
    'yarn dlx orchestra-brake',
    { program: '/tmp/xfs-1/dlx-2/node_modules/orchestra-brake/dist/packages/cli/bin/run.js', env: yarn },
  ],
  ['orchestra', { program: '/usr/local/bin/orchestra', env: {} }],
  ['orchestra-brake', { program: '/usr/local/bin/orchestra-brake', env: {} }],
  ['orchestra', { program: INSTALLED, env: {} }],
])('an installed package is called again by %s', (command, start) => {
  expect(commandName({ ...start, pid: 7, isRepository: false })).toBe(command);
});

test.each<[string, Record<string, string>]>([
  ['npx pnpm orchestra', { ...pnpm, npm_lifecycle_event: 'orchestra' }],
  ['npx pnpm orchestra', { ...pnpm, npm_lifecycle_event: 'start' }],
  ['./orchestra', { ORCHESTRA_LAUNCHED_AS: '7 ./orchestra' }],
  ['/srv/old clone/orchestra', { ORCHESTRA_LAUNCHED_AS: '7 /srv/old clone/orchestra' }],
  ['orchestra', { ORCHESTRA_LAUNCHED_AS: '6 ./orchestra' }],
  ['orchestra', { ...pnpm, npm_lifecycle_event: 'test' }],
  ['orchestra', {}],
])('the repository is called again by %s', (command, env) => {
  expect(commandName({ pid: 7, program: '/home/ada/orchestra/packages/cli/bin/run.js', env, isRepository: true })).toBe(
    command,
  );
});

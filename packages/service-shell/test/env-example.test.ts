import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Settings } from '../src/index.ts';
import { exampleOf, readExample, type ExampleSetting } from './env-example.ts';

// `.env.example` is what a person reads, the code is what counts. They are the same, or this fails.

const ROOT = join(import.meta.dirname, '../../..');
const FILE = readExample(readFileSync(join(ROOT, '.env.example'), 'utf8'));
// Read by our code, but set by the system and not by the person who runs it.
const NOT_SETTINGS = new Set([
  'PATH',
  'HOME',
  'INIT_CWD',
  'NODE_ENV',
  'EDITOR',
  'VISUAL',
  'XDG_CONFIG_HOME',
  'XDG_CACHE_HOME',
  // what a worker sets for the command that it runs
  'ORCHESTRA_PAYLOAD',
  'ORCHESTRA_ANSWER',
]);

async function settingsOfServices(): Promise<ExampleSetting[]> {
  const found = new Map<string, ExampleSetting>();
  for (const file of globSync('services/*/src/config.ts', { cwd: ROOT })) {
    const module: { SETTINGS: Settings } = await import(join(ROOT, file));
    for (const setting of exampleOf(module.SETTINGS)) found.set(setting.name, setting);
  }
  return [...found.values()];
}

/**
 * Names of variables that sources read outside the services' configuration: the command line, the client, the worker.
 */
function namesReadElsewhere(): string[] {
  const files = globSync('{packages,services,examples}/*/{src,bin}/**/*.{ts,tsx,js}', { cwd: ROOT }).filter(
    (file) => !/\.test\.ts$|\/dist\/|^packages\/testkit\//.test(file),
  );
  const names = files.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/(?<!import\.meta\.)\benv(?:\.|\[['"])([A-Z][A-Z0-9_]+)/g)].map(
      (match) => match[1] ?? '',
    ),
  );
  return [...new Set(names)].filter((name) => !NOT_SETTINGS.has(name)).map((name) => name.replace(/_FILE$/, ''));
}

test('every setting of a service is in .env.example, with its default and its meaning', async () => {
  const settings = await settingsOfServices();
  expect(settings.length).toBeGreaterThan(4);
  const inFile = new Map(FILE.map((setting) => [setting.name, setting]));
  expect(settings.map((setting) => inFile.get(setting.name))).toEqual(settings);
});

test('.env.example names every variable that the code reads, and no other', async () => {
  const inCode = new Set([...(await settingsOfServices()).map((setting) => setting.name), ...namesReadElsewhere()]);
  expect(FILE.map((setting) => setting.name).toSorted()).toEqual([...inCode].toSorted());
  for (const setting of FILE) expect(setting.meaning).not.toBe('');
});

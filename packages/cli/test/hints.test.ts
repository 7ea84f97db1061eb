// What is printed must make sense to somebody who has only the installed package.
import { globSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path/posix';
import { expect, test } from 'vitest';
import { PUBLIC_PACKAGES } from '../../../scripts/pack/public-packages.ts';
import { ROOT } from './document.ts';

const PRINTING =
  'brake,cli,client,database,local-postgres,notices,operator-routes,pause-core,runner,service-shell,task-queue,worker';
const INSTALLED = `{packages/{${PRINTING}},services/*}/src/**/*.ts`;
const COMMENT = /^\s*(?:\/\/|\/?\*)|\s\/\/ .*$|\/\*.*?\*\//gm;
// Which command was typed is decided there; the other is what only the repository prints, where its page was not built.
const MAY_NAME_PNPM = ['packages/cli/src/command-name.ts', 'services/pause-api/src/pages.ts'];

const sources = globSync(INSTALLED, { cwd: ROOT })
  .filter((file) => !file.endsWith('.test.ts'))
  .map((file) => ({
    file,
    lines: readFileSync(join(ROOT, file), 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
      .map((line) => line.replaceAll(COMMENT, '')),
  }));

function linesWith(pattern: RegExp): string[] {
  return sources.flatMap(({ file, lines }) =>
    lines.filter((line) => pattern.test(line)).map((line) => `${file}: ${line.trim()}`),
  );
}

test('no text names a file of the repository: a page of the manual is named by `manualPage`', () => {
  const packed = PUBLIC_PACKAGES.flatMap(({ assets = [] }) => assets);
  const examples = linesWith(/examples\//).flatMap((line) => line.match(/examples\/[\w./-]+/g) ?? []);
  expect(packed).toEqual(expect.arrayContaining(examples));
  expect(linesWith(/docs\/[a-z-]+\.md|docker-compose|packages\/[a-z-]+\/|^(?!.*manualPage).*\.env\.example/)).toEqual(
    [],
  );
});

test('no text tells a user of the package to call npx pnpm', () => {
  expect(
    linesWith(/npx pnpm|pnpm start/).filter((line) => !MAY_NAME_PNPM.some((file) => line.startsWith(`${file}:`))),
  ).toEqual([]);
});

test('what the command line prints names the command as it was typed', () => {
  // An error or a finding may write `orchestra …` in backticks: the name is put in where it is printed.
  expect(
    linesWith(/[^`]\borchestra (?:up|task|senate|token|queue|worker|gate|profile|db) /).filter(
      (line) =>
        line.startsWith('packages/cli/src/') &&
        !/completion|applicationName|connectionTo|description = 'bash and zsh/.test(line),
    ),
  ).toEqual([]);
});

test('every page of the manual that is named is in the package', () => {
  const named = new Set(
    linesWith(/manualPage\('/).flatMap((line) =>
      [...line.matchAll(/manualPage\('([^']+)'\)/g)].map((match) => normalize(`docs/${match[1]}`)),
    ),
  );
  expect(named.size).toBeGreaterThan(1);
  expect(PUBLIC_PACKAGES.find(({ folder }) => folder === 'packages/cli')?.assets).toEqual(
    expect.arrayContaining([...named]),
  );
});

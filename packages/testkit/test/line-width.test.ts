import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const WIDTH = 120;
const FILES = [
  '{packages,services,examples}/*/{src,test,bin}/**/*.{ts,tsx,mts,mjs,js}',
  'scripts/**/*.ts',
  '*.ts',
  'migrations/*.sql',
  '{docs,.}/**/*.md',
  '{packages,services,examples}/*/*.md',
];
// Migrations up to this one are applied somewhere and are never edited.
const APPLIED = '0044';
// Written by programs: the bench, and the list of promises with the names of their tests.
const GENERATED = ['docs/performance.md', 'docs/pause-spec.md'];

/** What may be wider, because breaking it would hide more than it shows. */
const MAY_BE_WIDER: Readonly<Record<string, RegExp>> = {
  'the name of a test, which is looked for as a whole':
    /^\s*(?:test|describe)\b|^\s*\]?\)?\(?(?:'[^']*'|`[^`]*`|"[^"]*"),$/,
  'one text that stands alone on its line': /^\s*[(+?:|]*\s*(?:'.*'|`.*`|".*"|[^'"`]*`|\.?`.*)[;,)\]}]*$/,
  'a regular expression': /^\s*\/.*\/[a-z]*[;,)]*$/,
  'a row of a table': /^\s*\|.*\|$/,
  'a heading, a link or an image alone on its line': /^\s*(?:#+ .*|!?\[[^\]]*\]\([^)]*\)\S*)$/,
};

/**
 * Files with wider lines that are still to be broken, or that hold another language (a picture, a shell, an answer of a
 * service), and how many of them each has. The numbers only go down.
 */
const NAMED: Readonly<Record<string, number>> = {
  'packages/attach/src/build-remove.ts': 1,
  'packages/bench/src/curve-svg.ts': 7,
  'packages/bench/src/measures/cli-start.ts': 1,
  'packages/checker/src/chaos/soak.ts': 1,
  'packages/checker/src/mutants/catch-mutant.ts': 1,
  'packages/checker/src/mutants/statement-mutants.ts': 5,
  'packages/cli/src/completion/bash.ts': 2,
  'packages/cli/src/completion/zsh.ts': 2,
  'packages/cli/test/packed.test.ts': 5,
  'packages/cli/test/run-document.ts': 1,
  'packages/client/src/connection-reason.ts': 1,
  'packages/client/src/errors.ts': 1,
  'packages/dashboard/src/pause-dialog/typed-out.tsx': 1,
  'packages/dashboard/src/state/session.ts': 1,
  'packages/dashboard/src/views/history/history-table.tsx': 1,
  'packages/dashboard/src/views/pause/runs-before.tsx': 1,
  'packages/dashboard/src/views/task/task-actions.tsx': 1,
  'packages/exact-json/src/raw-number.ts': 1,
  'packages/pause-core/src/run-owner.ts': 1,
  'packages/testkit/src/installed-packages.ts': 1,
  'packages/worker/src/reports/trouble-words.ts': 1,
  'services/pause-api/src/pages.ts': 1,
  'services/pause-api/src/routes/claude-code.ts': 1,
  'services/pause-api/test/hostile.browser.test.ts': 1,
};

const isNamedKind = (line: string): boolean => Object.values(MAY_BE_WIDER).some((kind) => kind.test(line));

test(`no line of code, SQL or prose is wider than ${WIDTH} columns, but those of a named kind or file`, () => {
  const wider = new Map<string, string[]>();
  for (const file of globSync(FILES, { cwd: ROOT, exclude: (name) => /node_modules|dist/.test(String(name)) })) {
    if (GENERATED.includes(file) || isApplied(file)) continue;
    const lines = proseAndCode(file, readFileSync(join(ROOT, file), 'utf8').split('\n'));
    const found = lines.filter((line) => [...line].length > WIDTH && !isNamedKind(line));
    if (found.length > 0) wider.set(file, found);
  }
  const unnamed = [...wider].filter(([file, lines]) => lines.length > (NAMED[file] ?? 0));
  expect(unnamed, 'break these lines').toEqual([]);
  const fewer = Object.entries(NAMED).filter(([file, count]) => (wider.get(file)?.length ?? 0) < count);
  expect(fewer, 'these files have fewer wide lines than the list allows: bring it down').toEqual([]);
});

const isApplied = (file: string): boolean =>
  /^migrations\/(\d{4})_/.exec(file)?.[1] !== undefined && (/^migrations\/(\d{4})_/.exec(file)?.[1] ?? '') <= APPLIED;

/** Of a page of prose what stands outside its examples; of everything else all lines. */
function proseAndCode(file: string, lines: readonly string[]): readonly string[] {
  if (!file.endsWith('.md')) return lines;
  let fenced = false;
  return lines.filter((line) => {
    if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
    return !fenced;
  });
}

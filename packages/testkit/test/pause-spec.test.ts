import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allTestNames, promisesOf, ROOT, testNames } from './test-names.ts';

// Holds docs/pause-spec.md and the sources together, so that the page cannot promise what no test looks at.

const SPEC = readFileSync(join(ROOT, 'docs/pause-spec.md'), 'utf8');
// P16 to P18 are promised by no paragraph yet.
const PROMISES = [...Array.from({ length: 15 }, (_, index) => `P${index + 1}`), 'P19', 'P20'];

interface Citation {
  promise: string;
  file: string;
  name: string;
}

/** `## P3 Any door`, then `- [file](link)`, then `  - *name of the test*`. */
function citations(): Citation[] {
  let promise = '';
  let file = '';
  const cited: Citation[] = [];
  for (const line of SPEC.split('\n')) {
    promise = /^## (P\d+) /.exec(line)?.[1] ?? promise;
    file = /^- \[(.+)\]\(\.\.\/\1\)$/.exec(line)?.[1] ?? file;
    const name = /^ {2}- \*(.+)\*$/.exec(line)?.[1];
    if (name !== undefined) cited.push({ promise, file, name });
  }
  return cited;
}

test('every test that docs/pause-spec.md names exists', async () => {
  const sources = await allTestNames();
  const missing = citations()
    .filter(({ file, name }) => !sources.get(file)?.includes(name))
    .map(({ promise, file, name }) => `${promise}: ${file}: ${name}`);
  expect(missing, 'renamed or removed; name the test that holds the promise now').toEqual([]);
});

test('every promise has a paragraph and a test that holds it', () => {
  const paragraphs = [...SPEC.matchAll(/^## (P\d+) .+\n\n\S/gm)].map((match) => match[1]);
  expect(paragraphs).toEqual(PROMISES);
  const held = new Set(citations().map(({ promise }) => promise));
  expect(PROMISES.filter((promise) => !held.has(promise))).toEqual([]);
});

test('every test that is named after a promise is listed under it', async () => {
  const cited = new Set(citations().map(({ promise, file, name }) => `${promise}: ${file}: ${name}`));
  const unlisted: string[] = [];
  for (const [file, names] of await allTestNames()) {
    for (const name of names) {
      for (const promise of promisesOf(name)) {
        const line = `${promise}: ${file}: ${name}`;
        if (!cited.has(line)) unlisted.push(line);
      }
    }
  }
  expect(unlisted, '`npx pnpm exec node scripts/list-promises.ts` adds them').toEqual([]);
});

test('names are found however a test is written', () => {
  const source = `test('one', () => {});
    test.each(['a', 'b'] as const)('two %s', async () => {});
    test.each([
      ['x', 1],
    ])("three's %s", () => {});
    test.skipIf(process.platform === 'win32')('four', () => {});
    test(\`five\`, () => {}); describe('no test', () => {}); latest('no test either');`;
  expect(testNames(source)).toEqual(['one', 'two %s', "three's %s", 'four', 'five']);
});

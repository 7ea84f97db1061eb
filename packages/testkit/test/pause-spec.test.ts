import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';

// Holds docs/pause-spec.md and the sources together, so that the page cannot promise what no test looks at.

const ROOT = join(import.meta.dirname, '../../..');
const SPEC = readFileSync(join(ROOT, 'docs/pause-spec.md'), 'utf8');
const PROMISES = Array.from({ length: 15 }, (_, index) => `P${index + 1}`);

interface Citation { promise: string; file: string; name: string }

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

// Up to the first argument; what it says, where it is a string.
const CALL = /(?:\.\w+)*\(\s*(?:(['"`])((?:\\.|(?!\1)[^\\])*)\1)?/sy;

/** The name in each call of `test`, also of `test.each(…)(…)` and `test.skipIf(…)(…)`. */
function testNames(source: string): string[] {
  const names: string[] = [];
  for (const { index } of source.matchAll(/(?<![\w.'"`])test(?=[.(])/g)) {
    let at = index + 'test'.length;
    for (let name: string | undefined; name === undefined;) {
      CALL.lastIndex = at;
      const call = CALL.exec(source);
      if (call === null) break;
      name = call[2];
      if (name !== undefined) names.push(name.replaceAll(/\\(.)/g, '$1'));
      at = endOfCall(source, at); // a table or a condition: the name is in the call that follows
    }
  }
  return names;
}

/** Behind the parenthesis that closes the one that opens at or after `from`. */
function endOfCall(source: string, from: number): number {
  let depth = 0;
  for (const { 0: token, index } of source.slice(from).matchAll(/(['"`])(?:\\.|(?!\1)[^\\])*\1|[()]/gs)) {
    if (token === '(') depth += 1;
    if (token === ')' && --depth === 0) return from + index + 1;
  }
  return source.length;
}

async function allTestNames(): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for await (const file of glob('{packages,services,examples}/*/{src,test}/**/*.test.ts', { cwd: ROOT })) {
    names.set(file, testNames(readFileSync(join(ROOT, file), 'utf8')));
  }
  return names;
}

test('every test that docs/pause-spec.md names exists', async () => {
  const sources = await allTestNames();
  const missing = citations().filter(({ file, name }) => !sources.get(file)?.includes(name)).map(({ promise, file, name }) => `${promise}: ${file}: ${name}`);
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
      for (const promise of /^(?:P\d+ )+/.exec(name)?.[0].trim().split(' ') ?? []) {
        const line = `${promise}: ${file}: ${name}`;
        if (!cited.has(line)) unlisted.push(line);
      }
    }
  }
  expect(unlisted, 'add them to docs/pause-spec.md').toEqual([]);
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

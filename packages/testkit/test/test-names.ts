import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../../..');

// Up to the first argument; what it says, where it is a string.
const CALL = /(?:\.\w+)*\(\s*(?:(['"`])((?:\\.|(?!\1)[^\\])*)\1)?/sy;

/** The name in each call of `test`, also of `test.each(…)(…)` and `test.skipIf(…)(…)`. */
export function testNames(source: string): string[] {
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

/** The names of all tests, by file, in the order of the files' names. */
export async function allTestNames(): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  const files: string[] = [];
  for await (const file of glob('{packages,services,examples}/*/{src,test}/**/*.test.ts', { cwd: ROOT }))
    files.push(file);
  for (const file of files.toSorted()) {
    names.set(file, testNames(readFileSync(join(ROOT, file), 'utf8')));
  }
  return names;
}

/** The promises that a test is named after: `P14 P3 by SQL` holds two. */
export function promisesOf(name: string): string[] {
  return /^(?:P\d+ )+/.exec(name)?.[0].trim().split(' ') ?? [];
}

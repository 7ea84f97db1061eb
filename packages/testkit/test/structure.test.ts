import { globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const PARTS = ['packages', 'services', 'examples'] as const;
/** Packages whose folders import one way only, as the files of all packages do. */
const BY_FOLDERS = ['packages/task-queue'];

// Types are erased, and what is imported on the way is loaded later: neither makes a circle.
const STATEMENT = /^(?:import|export) (?!type )[^;]*?from '(\.\.?\/[^']+)';/gm;

const isFolder = (path: string): boolean => statSync(path).isDirectory();
const foldersIn = (path: string): string[] => readdirSync(path).filter((name) => isFolder(join(path, name)));
// What tools leave behind in a folder that is gone from the repository.
const isLeft = (name: string): boolean => name.startsWith('.') || name === 'node_modules';
const PLACES = PARTS.flatMap((part) =>
  foldersIn(join(ROOT, part))
    .map((name) => `${part}/${name}`)
    .filter((path) => !readdirSync(join(ROOT, path)).every(isLeft)),
);

test('docs/architecture.md lists every package, service and example, and no other', () => {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const tree = /```\n(packages\/\n[\s\S]*?)```/.exec(text)?.[1] ?? '';
  let part = '';
  const listed: string[] = [];
  for (const line of tree.split('\n')) {
    const [, indent = '', name = ''] = /^( *)([\w-]+)\//.exec(line) ?? [];
    if (indent === '') part = name;
    else listed.push(`${part}/${name}`);
  }
  expect(listed.toSorted()).toEqual(PLACES.toSorted());
});

describe('imports', () => {
  const packages = PLACES.filter((path) => foldersIn(join(ROOT, path)).includes('src'));

  test.each(packages)('no file of %s imports itself over others', (path) => {
    expect(circleIn(importsOf(join(ROOT, path, 'src')))).toEqual([]);
  });

  test.each(BY_FOLDERS)('no folder of %s imports itself over others', (path) => {
    const folderOf = (file: string): string =>
      (file.includes('/') ? posix.dirname(file).split('/', 1)[0] : file) ?? file;
    const folders = new Map<string, Set<string>>();
    for (const [file, imported] of importsOf(join(ROOT, path, 'src'))) {
      const known = folders.get(folderOf(file)) ?? new Set();
      for (const one of imported) if (folderOf(one) !== folderOf(file)) known.add(folderOf(one));
      folders.set(folderOf(file), known);
    }
    expect(circleIn(folders)).toEqual([]);
  });
});

/** For each file the files of the same package that it imports, without its tests; paths below `source`. */
function importsOf(source: string): Map<string, Set<string>> {
  const files = globSync('**/*.{ts,tsx}', { cwd: source }).filter((file) => !/\.(test|d)\.tsx?$/.test(file));
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(source, file), 'utf8');
      const specifiers = [...text.matchAll(STATEMENT)].map(([, one = '']) => one);
      const imported = specifiers.map((one) => relative(source, join(source, dirname(file), one)));
      return [file, new Set(imported.filter((one) => files.includes(one)))];
    }),
  );
}

/** The first circle that is found, from a member back to it; nothing where there is none. */
function circleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const walk = (at: string, way: readonly string[]): string[] => {
    if (way.includes(at)) return [...way.slice(way.indexOf(at)), at];
    if (done.has(at)) return [];
    for (const next of graph.get(at) ?? []) {
      const circle = walk(next, [...way, at]);
      if (circle.length > 0) return circle;
    }
    done.add(at);
    return [];
  };
  for (const start of graph.keys()) {
    const circle = walk(start, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { packageName, renameSpecifiers } from './specifiers.ts';
import { sourceOf, type Workspace } from './workspace.ts';

export interface ModuleGraph {
  /** The text of every file that is reached, by its place: the same as in the repository. */
  files: ReadonlyMap<string, string>;
  /** The packages that those files import, each with one that does. */
  needs: ReadonlyMap<string, string>;
}

const BUILTIN = new Set(builtinModules);

/**
 * Follows the imports from `entries` through the packages of this repository, and makes each a relative path: what is
 * installed then has the same files in the same places as the repository, and no package that only this repository has.
 *
 * @param compiled where tsc has put its output
 * @param entries places of .js and .d.ts files
 * @throws when a file is named that there is none of
 */
export function followImports(workspace: Workspace, compiled: string, entries: readonly string[]): ModuleGraph {
  const files = new Map<string, string>();
  const needs = new Map<string, string>();
  const waiting = [...entries];
  for (let place = waiting.pop(); place !== undefined; place = waiting.pop()) {
    if (files.has(place)) continue;
    const from = place;
    files.set(from, ''); // so that a circle ends
    files.set(
      from,
      renameSpecifiers(read(workspace, compiled, from), (specifier) => {
        const source = specifier.startsWith('.') ? join(dirname(from), specifier) : sourceOf(workspace, specifier);
        if (source === undefined) {
          if (!isBuiltin(specifier)) needs.set(packageName(specifier), from);
          return specifier;
        }
        const isTyped = from.endsWith('.d.ts');
        waiting.push(isTyped ? declarationOf(source) : emitted(source));
        const path = relative(dirname(from), emitted(source));
        return path.startsWith('.') ? path : `./${path}`;
      }),
    );
  }
  return { files, needs };
}

/** Where tsc puts what it makes of a source. */
export function emitted(source: string): string {
  return source.replace(/(?<!\.d)\.ts$/, '.js');
}

export function declarationOf(source: string): string {
  return source.replace(/(?<!\.d)\.[jt]s$/, '.d.ts');
}

function isBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || BUILTIN.has(specifier);
}

function read(workspace: Workspace, compiled: string, place: string): string {
  if (place.endsWith('package.json')) return readFileSync(join(workspace.root, place), 'utf8');
  try {
    return readFileSync(join(compiled, place), 'utf8');
  } catch {
    return readFileSync(join(workspace.root, place), 'utf8'); // plain JavaScript, which tsc does not look at
  }
}

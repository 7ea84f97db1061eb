import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { OnLoadResult, Plugin, PluginBuild } from 'esbuild';
import { emitted } from './module-graph.ts';

/** Of what the bundle is a part: of the repository with its sources, or of a package without any. */
export type BundledAs = { kind: 'repository' } | { kind: 'package'; version: string };

interface Bundled {
  root: string;
  outdir: string;
  /** By the names of their bundled files, relative to the root. */
  programs: Readonly<Record<string, string>>;
  as: BundledAs;
}

// `import.meta.resolve('…')` of anything, and `new URL('….ts', import.meta.url)`.
const NAMED_FILE =
  /\bimport\.meta\.resolve\('(?<specifier>[^'\n]+)'\)|\bnew URL\('(?<source>[^'\n]+\.ts)', import\.meta\.url\)/g;
const OWN_PLACE = /\bimport\.meta\.(?<what>url|filename|dirname)\b/g;

/**
 * Where a source asks for its own place, it is told its place in the repository, and not that of the bundle: so it
 * finds migrations, the page and the manual by the same relative paths. Where it names a program that is bundled, it
 * gets that one.
 */
export function ownPlaces({ root, outdir, programs, as }: Bundled): Plugin {
  const programOf = new Map(Object.entries(programs).map(([name, source]) => [join(root, source), `./${name}.mjs`]));
  const fromHere = (path: string): string =>
    JSON.stringify(relative(outdir, as.kind === 'package' ? emitted(path) : path));
  return {
    name: 'own places',
    setup: (build) => {
      build.onLoad({ filter: /\/(?:packages|services)\/[^/]+\/src\/.*\.ts$/ }, async ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (path.includes('/node_modules/') || !text.includes('import.meta')) return undefined;
        const named = await namedFiles(build, text, path);
        const placed = text
          .replaceAll(NAMED_FILE, (written) => {
            const file = named.get(written) ?? path;
            const place = programOf.get(file);
            const url = `new URL(${place === undefined ? fromHere(file) : JSON.stringify(place)}, HERE)`;
            return written.startsWith('import') ? `${url}.href` : url;
          })
          .replaceAll(OWN_PLACE, (_, what: string) => {
            const url = `new URL(${fromHere(what === 'dirname' ? dirname(path) : path)}, HERE)`;
            return what === 'url' ? `${url}.href` : `PATH(${url})`;
          });
        const here = "import { fileURLToPath as PATH } from 'node:url';const HERE=import.meta.url;";
        return { loader: 'ts', contents: `${here}${placed}` };
      });
      if (as.kind !== 'package') return;
      build.onLoad({ filter: /\/package\.json$/ }, ({ path }) => withVersion(path, as.version));
    },
  };
}

/** What each written name of a file stands for. */
async function namedFiles(build: PluginBuild, text: string, path: string): Promise<Map<string, string>> {
  const names = [...text.matchAll(NAMED_FILE)].map(async (match) => {
    const specifier = match.groups?.['specifier'] ?? match.groups?.['source'] ?? '';
    const found = await build.resolve(specifier, { kind: 'import-statement', resolveDir: dirname(path) });
    if (found.errors.length > 0) throw new Error(`${path} names ${specifier}, which is not there`);
    return [match[0], found.path] as const;
  });
  return new Map(await Promise.all(names));
}

/** A private package has no version of its own where it is published as a part of another. */
function withVersion(path: string, version: string): OnLoadResult | undefined {
  if (path.includes('/node_modules/')) return undefined;
  const manifest: Record<string, unknown> = JSON.parse(readFileSync(path, 'utf8'));
  return { loader: 'json', contents: JSON.stringify({ ...manifest, version }) };
}

/** `require(__dirname + '/reserved.js')`, as in pg-format, names a file that the bundler can then take in. */
export function siblingRequires(): Plugin {
  return {
    name: 'requires of siblings',
    setup: (build) => {
      build.onLoad({ filter: /\/node_modules\/pg-format\/lib\/index\.js$/ }, ({ path }) => ({
        loader: 'js',
        contents: readFileSync(path, 'utf8').replaceAll(/require\(__dirname \+ '\//g, "require('./"),
      }));
    },
  };
}

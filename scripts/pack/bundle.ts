import { isBuiltin } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { ownPlaces, siblingRequires, type BundledAs } from './bundled-places.ts';

/** Where the bundle is, in the repository and in the package. */
export const BUNDLE_FOLDER = 'packages/cli/dist';

/**
 * The programs in it, by the names of their files: the command line, what oclif imports by its path, and what
 * `orchestra up` starts.
 */
const PROGRAMS: Readonly<Record<string, string>> = {
  'run-cli': 'packages/cli/src/run-cli.ts',
  'called-commands': 'packages/cli/src/called-commands.ts',
  'pause-api': 'services/pause-api/src/main.ts',
  'worker-claimer': 'services/worker-claimer/src/main.ts',
  'alert-cascade': 'services/alert-cascade/src/main.ts',
  'local-postgres': 'packages/local-postgres/src/main.ts',
};

/** `pg` takes its native twin where it is installed, which it never is. */
const NOT_THERE = ['pg-native'];

// Some libraries ask for a module of Node.js by `require`, which a module in ESM does not have.
const REQUIRE =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";

export interface Bundle {
  files: ReadonlyMap<string, Uint8Array>;
  /** The sources of this repository that are in it, relative to its root. */
  sources: readonly string[];
  /** The files of libraries that are in it, likewise. */
  libraryFiles: readonly string[];
  /** The packages that it imports when it runs. */
  needs: readonly string[];
}

/**
 * Bundles the command line and the services, with their libraries: one process then reads a few dozen files instead of
 * a thousand, and none has to be stripped of its types.
 */
export async function bundlePrograms(root: string, as: BundledAs): Promise<Bundle> {
  const outdir = join(root, BUNDLE_FOLDER);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir,
    outExtension: { '.js': '.mjs' },
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: REQUIRE },
    external: NOT_THERE,
    legalComments: 'none', // the texts go into one file
    plugins: [ownPlaces({ root, outdir, programs: PROGRAMS, as }), siblingRequires()],
    // The libraries check the version of Node.js in their first import; here bin/run.js has done it.
    logOverride: { 'ignored-bare-import': 'silent' },
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs).map((file) => relative(root, resolve(root, file)));
  return {
    files: new Map(outputFiles.map(({ path, contents }) => [relative(outdir, path), contents])),
    sources: inputs.filter((file) => !isOfLibrary(file)).toSorted(),
    libraryFiles: inputs.filter(isOfLibrary).toSorted(),
    needs: importedPackages(metafile),
  };
}

function isOfLibrary(file: string): boolean {
  return file.includes('node_modules/');
}

function importedPackages({ outputs }: Metafile): string[] {
  const imported = Object.values(outputs)
    .flatMap(({ imports }) => imports)
    .filter(({ path, external }) => external && !isBuiltin(path) && !NOT_THERE.includes(path))
    .map(({ path }) => path);
  return [...new Set(imported)].toSorted();
}

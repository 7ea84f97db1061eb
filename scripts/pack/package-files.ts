import { dirname } from 'node:path/posix';
import type { Bundle } from './bundle.ts';
import { declarationOf, emitted, followImports } from './module-graph.ts';
import type { PublicPackage } from './public-packages.ts';
import { packageName } from './specifiers.ts';
import type { Manifest, Workspace } from './workspace.ts';

export interface PackageContent {
  manifest: Record<string, unknown>;
  /** Below `dist`. */
  files: ReadonlyMap<string, string>;
}

/**
 * The manifest and the code of one public package.
 *
 * @throws when it needs a package that it may not need, or one of which the catalog has no version
 */
export function packageContent(
  workspace: Workspace,
  compiled: string,
  { folder, programs = [], mayNeed, pinsDependencies }: PublicPackage,
  bundle?: Pick<Bundle, 'needs'>,
): PackageContent {
  const own = manifestOf(workspace, folder);
  const exported = Object.keys(own.publishConfig?.exports ?? {})
    .map((name) => own.exports[name])
    .filter((source) => source !== undefined)
    .map((source) => `${folder}/${source.replace('./', '')}`);
  const entries = [...exported.flatMap((source) => [emitted(source), declarationOf(source)]), ...programs.map(emitted)];
  const { files, needs: imported } = followImports(workspace, compiled, entries);
  const needs = new Map([
    ...imported,
    ...(bundle?.needs ?? []).map((specifier) => [packageName(specifier), 'the bundle'] as const),
  ]);
  const dependencies: Record<string, string> = {};
  for (const [name, from] of [...needs].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (own.peerDependencies?.[name] !== undefined) continue;
    if (mayNeed && !mayNeed.includes(name))
      throw new Error(`${own.name} may not depend on ${name}, which ${from} imports`);
    const version = workspace.catalog[name];
    if (version === undefined) throw new Error(`the catalog has no version of ${name}, which ${from} imports`);
    dependencies[name] = pinsDependencies ? version : `^${version}`;
  }
  const kept = new Map(
    [...files].map(([place, text]) => [
      place,
      place.endsWith('/package.json') ? innerManifest(workspace, place, own.version) : text,
    ]),
  );
  return { manifest: publicManifest(workspace, own, dependencies), files: kept };
}

/**
 * As `pnpm pack` does with `publishConfig`; and with the packages that the code needs instead of those that only this
 * repository has.
 */
function publicManifest(
  workspace: Workspace,
  own: Manifest,
  dependencies: Record<string, string>,
): Record<string, unknown> {
  const {
    private: _,
    devDependencies: __,
    scripts: ___,
    oclif: ____,
    exports: _____,
    bin: ______,
    publishConfig,
    peerDependencies,
    ...kept
  } = own;
  const { exports, bin, ...publish } = publishConfig ?? {};
  const peers = Object.entries(peerDependencies ?? {}).map(([name, version]) => [
    name,
    version === 'catalog:' ? workspace.catalog[name] : version,
  ]);
  return {
    ...kept,
    ...(exports && { exports }),
    ...(bin && { bin }),
    dependencies,
    ...(peers.length > 0 && { peerDependencies: Object.fromEntries(peers) }),
    publishConfig: publish,
  };
}

/** A manifest that code reads: its own version. */
function innerManifest(workspace: Workspace, place: string, version: string): string {
  const { name } = manifestOf(workspace, dirname(place));
  return `${JSON.stringify({ name, version, private: true, type: 'module' }, null, 2)}\n`;
}

function manifestOf(workspace: Workspace, folder: string): Manifest {
  const found = workspace.manifests.get(folder);
  if (found === undefined) throw new Error(`no package is in ${folder}`);
  return found;
}

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const exportTarget = z.union([z.string(), z.record(z.string(), z.string())]);

/** What the packing reads from a package.json of this repository. */
const manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  exports: z.record(z.string(), z.string()).default({}),
  dependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).optional(),
  peerDependenciesMeta: z.record(z.string(), z.object({ optional: z.boolean() })).optional(),
  publishConfig: z
    .looseObject({
      exports: z.record(z.string(), exportTarget).optional(),
      bin: z.record(z.string(), z.string()).optional(),
    })
    .optional(),
});

export type Manifest = z.infer<typeof manifest>;

export interface Workspace {
  root: string;
  /** The manifests by the folders of their packages. */
  manifests: ReadonlyMap<string, Manifest>;
  /** The version of each library. */
  catalog: Readonly<Record<string, string>>;
}

/** Reads what this repository says of its packages. */
export function readWorkspace(root: string): Workspace {
  const { catalog } = z
    .object({ catalog: z.record(z.string(), z.string()) })
    .parse(parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')));
  const folders = ['packages', 'services'].flatMap((kind) =>
    readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
  );
  const manifests = new Map(
    folders.map((folder) => [
      folder,
      manifest.parse(JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))),
    ]),
  );
  return { root, manifests, catalog };
}

/** The source file behind `@orchestra/pause-core/contract`; undefined: it names no package of this repository. */
export function sourceOf(workspace: Workspace, specifier: string): string | undefined {
  for (const [folder, { name, exports }] of workspace.manifests) {
    if (specifier !== name && !specifier.startsWith(`${name}/`)) continue;
    const source = exports[`.${specifier.slice(name.length)}`];
    if (source === undefined) throw new Error(`${name} exports nothing as ${specifier}`);
    return join(folder, source);
  }
  return undefined;
}

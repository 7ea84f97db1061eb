import { lstat, readlink } from 'node:fs/promises';
import { readText } from '../git/read-text.ts';
import { placeOf, type Repository } from '../git/repository.ts';
import type { TrackedFiles } from '../git/tracked-files.ts';
import { anchorsOf } from './anchors.ts';
import { isMarkdown } from './is-markdown.ts';
import { linkTarget } from './link-target.ts';

/** What can be wrong with a relative link. `not_tracked`: the file is here, but nobody else will have it. */
export const BROKEN = ['no_such_file', 'no_such_heading', 'not_tracked', 'outside_repository'] as const;
export type Broken = (typeof BROKEN)[number];

const LINK_HOPS_MAX = 10;
const ANCHOR_FILES_MAX = 200;
// Lines of a file, as code hosts name them, and the top of the page.
const NO_HEADING = /^(?:l\d+(?:-l\d+)?|top)$/i;

/** What links of one repository may lead to. */
export class LinkTargets {
  readonly #repository: Repository;
  readonly #tracked: TrackedFiles;
  readonly #folders = new Set<string>(['']);
  readonly #anchors = new Map<string, ReadonlySet<string> | undefined>();

  constructor(repository: Repository, tracked: TrackedFiles) {
    this.#repository = repository;
    this.#tracked = tracked;
    for (const path of tracked.keys()) {
      for (
        let slash = path.lastIndexOf('/');
        slash > 0 && !this.#folders.has(path.slice(0, slash));
        slash = path.lastIndexOf('/', slash - 1)
      ) {
        this.#folders.add(path.slice(0, slash));
      }
    }
  }

  /** @param path in latin1, '' for the top folder */
  async problemWith(path: string, fragment: string | undefined): Promise<Broken | undefined> {
    const real = await this.#behindLinks(path);
    if (real === undefined) return 'outside_repository';
    if (this.#folders.has(real) || this.#inSubmodule(real)) return undefined;
    if (!this.#tracked.has(real)) return (await this.#isOnDisk(real)) ? 'not_tracked' : 'no_such_file';
    if (fragment === undefined || NO_HEADING.test(fragment) || !isMarkdown(real)) return undefined;
    const anchors = await this.#anchorsIn(real);
    return anchors === undefined || anchors.has(fragment.toLowerCase()) ? undefined : 'no_such_heading';
  }

  /** The path with tracked symbolic links followed; undefined: out of the repository, or round in a circle. */
  async #behindLinks(path: string): Promise<string | undefined> {
    let current = path;
    for (let hops = 0; hops < LINK_HOPS_MAX; hops++) {
      const link = prefixes(current).find((prefix) => this.#tracked.get(prefix)?.kind === 'symbolic_link');
      if (link === undefined) return current;
      const place = await placeOf(this.#repository, Buffer.from(link, 'latin1'));
      const text =
        place === undefined ? undefined : await readlink(place, { encoding: 'buffer' }).catch(() => undefined);
      if (text === undefined) return current; // gone from the disk; git still has it
      if (text[0] === 0x2f) return undefined;
      const next = linkTarget(link, percentEncoded(text));
      if (next.kind !== 'path') return undefined;
      current = [next.path, current.slice(link.length + 1)].filter((part) => part !== '').join('/');
    }
    return undefined;
  }

  #inSubmodule(path: string): boolean {
    return prefixes(path).some((prefix) => this.#tracked.get(prefix)?.kind === 'submodule');
  }

  async #isOnDisk(path: string): Promise<boolean> {
    const place = await placeOf(this.#repository, Buffer.from(path, 'latin1'));
    return (
      place !== undefined &&
      (await lstat(place).then(
        () => true,
        () => false,
      ))
    );
  }

  async #anchorsIn(path: string): Promise<ReadonlySet<string> | undefined> {
    if (this.#anchors.has(path)) return this.#anchors.get(path);
    const file = this.#tracked.get(path);
    const read = file === undefined ? undefined : await readText(this.#repository, file);
    const anchors = read?.text === undefined ? undefined : anchorsOf(read.text);
    if (this.#anchors.size < ANCHOR_FILES_MAX) this.#anchors.set(path, anchors);
    return anchors;
  }
}

/** "a/b/c" → "a", "a/b", "a/b/c" */
function prefixes(path: string): string[] {
  const steps = path.split('/');
  return steps.map((_, at) => steps.slice(0, at + 1).join('/'));
}

function percentEncoded(bytes: Buffer): string {
  return [...bytes]
    .map((byte) =>
      byte === 0x2f || byte === 0x2e ? String.fromCharCode(byte) : `%${byte.toString(16).padStart(2, '0')}`,
    )
    .join('');
}

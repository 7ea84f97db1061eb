import { FleetError } from '../errors.ts';
import { nameOf, type FileName } from './file-name.ts';
import type { Repository } from './repository.ts';
import { runGit } from './run-git.ts';

export type TrackedKind = 'file' | 'symbolic_link' | 'submodule';

/** One entry of git's index. */
export interface TrackedFile {
  path: Buffer;
  name: FileName;
  kind: TrackedKind;
  /** The blob's id, in hex: 40 digits of SHA-1 or 64 of SHA-256. For a submodule, its commit. */
  oid: string;
  /** True while a merge has left several versions of it. */
  unmerged: boolean;
  /** False where a sparse checkout leaves it out on purpose. */
  checkedOut: boolean;
}

/** What git tracks, by the name in latin1: a map cannot be keyed by bytes, and latin1 tells any two names apart. */
export type TrackedFiles = ReadonlyMap<string, TrackedFile>;

/** @throws FleetError */
export async function listTracked(repository: Repository, signal?: AbortSignal): Promise<TrackedFiles> {
  const output = await runGit(repository.root, ['ls-files', '-s', '-t', '-z'], { signal });
  const files = new Map<string, TrackedFile>();
  for (let from = 0; from < output.length;) {
    const end = output.indexOf(0, from);
    const file = parse(output.subarray(from, end === -1 ? output.length : end));
    files.set(keyOf(file.path), file);
    from = end === -1 ? output.length : end + 1;
  }
  return files;
}

export function keyOf(path: Buffer): string {
  return path.toString('latin1');
}

// "H 100644 <oid> 0\t<path>"
const ENTRY = /^(\S) (\d{6}) ([0-9a-f]{40}|[0-9a-f]{64}) ([0-3])$/;

function parse(entry: Buffer): TrackedFile {
  const tab = entry.indexOf(0x09);
  const [, tag, mode, oid, stage] = ENTRY.exec(entry.toString('latin1', 0, Math.max(tab, 0))) ?? [];
  if (oid === undefined)
    throw new FleetError('git_failed', `git ls-files told what is no entry: ${entry.toString('utf8', 0, 200)}`);
  const path = Buffer.from(entry.subarray(tab + 1)); // a copy, so that the whole list need not stay in memory
  return {
    path,
    name: nameOf(path),
    kind: KIND[mode ?? ''] ?? 'file',
    oid,
    unmerged: stage !== '0',
    checkedOut: tag !== 'S',
  };
}

const KIND: Readonly<Record<string, TrackedKind>> = { '120000': 'symbolic_link', '160000': 'submodule' };

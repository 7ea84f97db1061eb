import { z } from 'zod';
import { addFinding, excerpt, findingsOf, noFindings } from '../findings.ts';
import { blobIdOfFile, blobIdOfLink, type OnDisk } from '../git/blob-id.ts';
import { shown } from '../git/file-name.ts';
import { openRepository, placeOf, type Repository } from '../git/repository.ts';
import { runGit } from '../git/run-git.ts';
import { keyOf, listTracked, type TrackedFile } from '../git/tracked-files.ts';
import { overFiles } from '../over-files.ts';
import { batchPayload, parsePayload } from '../payload.ts';
import type { Skill } from '../skill.ts';

const finding = z.strictObject({
  file: z.string(),
  what: z.enum(['modified', 'missing', 'other_kind', 'unmerged', 'unreadable', 'no_longer_tracked']),
  expected: z.string().optional(),
  found: z.string().optional(),
});

const tally = z.strictObject({
  checked: z.int(),
  intact: z.int(),
  /** Of the intact: content that git converts on its way in and out (line endings, large file storage). */
  converted: z.int(),
  /** Another repository's content, and what a sparse checkout leaves out: not looked at. */
  submodules: z.int(),
  not_checked_out: z.int(),
  findings: findingsOf(finding),
});
type Tally = z.infer<typeof tally>;
type Finding = z.infer<typeof finding>;

/**
 * Hashes every file of the batch in this process and compares with the blob ids in git's index. Unlike `git status` it
 * trusts no size and no time of change, so it also finds what was tampered with behind git's back.
 */
export const integritySweeper: Skill = async (payload, run) => {
  const { repo, files } = parsePayload(batchPayload, payload);
  const repository = await openRepository(repo, run.signal);
  const tracked = await listTracked(repository, run.signal);
  const empty = (): Tally => ({
    checked: 0,
    intact: 0,
    converted: 0,
    submodules: 0,
    not_checked_out: 0,
    findings: noFindings(),
  });
  return overFiles(files, tally, empty, run, async (path, sum) => {
    const file = tracked.get(keyOf(path));
    const found =
      file === undefined ? { what: 'no_longer_tracked' as const } : await verdictOn(file, repository, sum, run.signal);
    sum.checked += 1;
    if (found !== undefined) addFinding(sum.findings, { file: shown(path), ...found });
  });
};

async function verdictOn(
  file: TrackedFile,
  repository: Repository,
  sum: Tally,
  signal: AbortSignal,
): Promise<Omit<Finding, 'file'> | undefined> {
  if (file.unmerged) return { what: 'unmerged' };
  if (file.kind === 'submodule') {
    sum.submodules += 1;
    return undefined;
  }
  const onDisk = await read(file, repository, signal);
  switch (onDisk.state) {
    case 'missing':
      if (!file.checkedOut) {
        sum.not_checked_out += 1;
        return undefined;
      }
      return { what: 'missing', expected: file.oid };
    case 'other_kind':
      return { what: 'other_kind', expected: file.kind };
    case 'unreadable':
      return { what: 'unreadable', found: excerpt(onDisk.why) };
    case 'content': {
      const same = onDisk.oid === file.oid;
      if (!same && !(await isConverted(file, repository, signal)))
        return { what: 'modified', expected: file.oid, found: onDisk.oid };
      sum.intact += 1;
      if (!same) sum.converted += 1;
      return undefined;
    }
  }
}

async function read(file: TrackedFile, repository: Repository, signal: AbortSignal): Promise<OnDisk> {
  const place = await placeOf(repository, file.path);
  if (place === undefined) return { state: 'missing' };
  const algorithm = file.oid.length === 64 ? 'sha256' : 'sha1';
  return file.kind === 'symbolic_link'
    ? blobIdOfLink(place, algorithm, signal)
    : blobIdOfFile(place, algorithm, signal);
}

/** Would git's own conversions (CRLF, clean filters) make the tracked blob of it? Asked only where the bytes differ. */
async function isConverted(file: TrackedFile, repository: Repository, signal: AbortSignal): Promise<boolean> {
  // An argument is text; a name that is none keeps the verdict of its bytes.
  if (file.kind !== 'file' || typeof file.name !== 'string') return false;
  const output = await runGit(repository.root, ['hash-object', '--', file.name], { signal });
  return output.toString('latin1').trim() === file.oid;
}

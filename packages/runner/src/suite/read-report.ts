import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { z } from 'zod';

export interface ReportOrder {
  file: string;
  /** A report that was written before is none of this run. */
  runStartedAt: Date;
  /** Where it is known, and the report names one: they must be the same. */
  commit?: string | undefined;
  runId?: string | undefined;
}

export interface ReportVerdict {
  passes: boolean;
  /** Why, for a person. */
  reason: string;
}

const FRONT_MATTER_BYTES_MAX = 64 * 1_024;
const FRONT_MATTER = /^\uFEFF?---[ \t]*\r?\n((?:[\s\S]*?\r?\n)?)---[ \t]*(?:\r?\n|$)/;
// How far the clock of a file system is behind ours: the kernel moves it on a few hundred times a second.
const CLOCK_SLACK_MS = 50;

// Only the result must be there. What else is there must not speak against it; what cannot be understood says nothing.
const frontMatter = z.looseObject({
  result: z.unknown().optional(),
  outcome: z.string().nullish().catch(null),
  exit_code: z.int().nullish().catch(null),
  counts: z
    .looseObject({ failed: z.int().nullish().catch(null) })
    .nullish()
    .catch(null),
  finished_at: z.iso.datetime({ offset: true }).nullish().catch(null),
  commit: z.string().nullish().catch(null),
  run_id: z.string().nullish().catch(null),
});

/** The report cannot be relied upon. */
class Unfit extends Error {}

/**
 * The gate of a test stage: reads a report, no matter who wrote it. Missing, older than the run, malformed, of another
 * run or commit, or contradicting itself, it does not pass. Never rejects.
 */
export async function readReport(order: ReportOrder): Promise<ReportVerdict> {
  try {
    return verdictOf(await frontMatterOf(order), order);
  } catch (error) {
    if (error instanceof Unfit) return { passes: false, reason: error.message };
    return {
      passes: false,
      reason: `the report ${order.file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

function verdictOf(report: z.output<typeof frontMatter>, { runStartedAt, commit, runId }: ReportOrder): ReportVerdict {
  const { result } = report;
  if (
    (result === undefined || result === null) &&
    (report.outcome === 'environment' || report.outcome === 'transient')
  ) {
    throw new Unfit(`the report gives no verdict: its run was deferred (${report.outcome})`);
  }
  if (result === undefined || result === null)
    throw new Unfit('the report names no result: its front matter needs "result: PASS" or "result: FAIL"');
  if (result !== 'PASS' && result !== 'FAIL')
    throw new Unfit(`the report's result is ${JSON.stringify(result)?.slice(0, 100)}, which is neither PASS nor FAIL`);
  if (report.finished_at && Date.parse(report.finished_at) < runStartedAt.getTime() - CLOCK_SLACK_MS)
    throw new Unfit(`the report says of itself that it was finished at ${report.finished_at}, before this run began`);
  if (runId !== undefined && report.run_id && report.run_id !== runId)
    throw new Unfit(`the report is of another run: ${report.run_id}`);
  if (commit !== undefined && report.commit && report.commit !== commit)
    throw new Unfit(`the report is of another commit: ${report.commit}`);
  if (result === 'FAIL') return { passes: false, reason: 'the report says FAIL' };
  if (report.exit_code) throw new Unfit(`the report contradicts itself: PASS, with exit code ${report.exit_code}`);
  if (report.counts?.failed)
    throw new Unfit(`the report contradicts itself: PASS, with ${report.counts.failed} failed tests`);
  return { passes: true, reason: 'the report says PASS' };
}

async function frontMatterOf({ file, runStartedAt }: ReportOrder): Promise<z.output<typeof frontMatter>> {
  const text = await beginningOf(file, runStartedAt);
  const [, yaml] = FRONT_MATTER.exec(text) ?? [];
  if (yaml === undefined)
    throw new Unfit(
      'the report has no front matter between two lines of "---" at its beginning, of ' +
        `${FRONT_MATTER_BYTES_MAX / 1_024} KiB at most`,
    );
  const document = parseDocument(yaml, { uniqueKeys: true, version: '1.2' });
  const [fault] = document.errors;
  if (fault !== undefined) throw new Unfit(`the report's front matter is malformed: ${fault.message}`);
  const parsed = frontMatter.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!parsed.success) throw new Unfit("the report's front matter is malformed: it has no fields");
  return parsed.data;
}

/** Opened without following a link and without waiting for the other end of a pipe, and looked at only then. */
async function beginningOf(file: string, runStartedAt: Date): Promise<string> {
  const handle = await openRegular(file);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new Unfit(`the report ${file} is no regular file`);
    if (stats.mtimeMs < runStartedAt.getTime() - CLOCK_SLACK_MS) {
      throw new Unfit(
        `the report ${file} is older than this run: written at ${stats.mtime.toISOString()}, and the run ` +
          `began at ${runStartedAt.toISOString()}`,
      );
    }
    const bytes = Buffer.alloc(FRONT_MATTER_BYTES_MAX);
    let filled = 0;
    for (;;) {
      const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === bytes.length) return bytes.toString('utf8', 0, filled);
    }
  } finally {
    await handle.close();
  }
}

async function openRegular(file: string): Promise<FileHandle> {
  try {
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') throw new Unfit(`there is no report at ${file}`);
    if (code === 'ELOOP' || code === 'ENXIO') throw new Unfit(`the report ${file} is no regular file`);
    throw error;
  }
}

import { z } from 'zod';
import { addFinding, excerpt, findingsOf, noFindings } from '../findings.ts';
import { shown } from '../git/file-name.ts';
import { readText } from '../git/read-text.ts';
import { openRepository } from '../git/repository.ts';
import { keyOf, listTracked } from '../git/tracked-files.ts';
import { overFiles } from '../over-files.ts';
import { batchPayload, parsePayload } from '../payload.ts';
import type { Skill } from '../skill.ts';
import { classifyComment, COMMENT_KINDS } from '../source/classify-comment.ts';
import { commentSyntaxOf } from '../source/comment-syntax.ts';
import { findComments } from '../source/find-comments.ts';
import { lineCounter } from '../text-lines.ts';

const finding = z.strictObject({
  kind: z.enum(COMMENT_KINDS),
  file: z.string(),
  line: z.int(),
  text: z.string(),
  owner: z.string().optional(),
});

const tally = z.strictObject({
  files: z.int(),
  /** Files without comments that are known here, and those that are no text on disk. */
  skipped: z.int(),
  comments: z.int(),
  by_kind: z.strictObject({ TODO: z.int(), FIXME: z.int(), XXX: z.int(), HACK: z.int() }),
  findings: findingsOf(finding),
});
type Tally = z.infer<typeof tally>;

/** Finds what the comments of the batch's source files ask somebody to do, and sorts it by kind. */
export const commentClassifier: Skill = async (payload, run) => {
  const { repo, files } = parsePayload(batchPayload, payload);
  const repository = await openRepository(repo, run.signal);
  const tracked = await listTracked(repository, run.signal);
  const empty = (): Tally => ({
    files: 0,
    skipped: 0,
    comments: 0,
    by_kind: { TODO: 0, FIXME: 0, XXX: 0, HACK: 0 },
    findings: noFindings(),
  });
  return overFiles(files, tally, empty, run, async (path, sum) => {
    const file = tracked.get(keyOf(path));
    const syntax = commentSyntaxOf(keyOf(path));
    const read = file === undefined || syntax === undefined ? undefined : await readText(repository, file);
    if (read?.text === undefined || syntax === undefined) {
      sum.skipped += 1;
      return;
    }
    sum.files += 1;
    const lineOf = lineCounter(read.text);
    for (const comment of findComments(read.text, syntax)) {
      sum.comments += 1;
      for (const { kind, at, text, owner } of classifyComment(comment.text)) {
        sum.by_kind[kind] += 1;
        addFinding(sum.findings, {
          kind,
          file: shown(path),
          line: lineOf(comment.at + at),
          text: excerpt(text),
          ...(owner === undefined ? {} : { owner: excerpt(owner) }),
        });
      }
    }
  });
};

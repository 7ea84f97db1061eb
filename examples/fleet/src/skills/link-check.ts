import { z } from 'zod';
import { addFinding, excerpt, findingsOf, noFindings } from '../findings.ts';
import { shown } from '../git/file-name.ts';
import { readText } from '../git/read-text.ts';
import { openRepository } from '../git/repository.ts';
import { keyOf, listTracked } from '../git/tracked-files.ts';
import { findLinks } from '../markdown/find-links.ts';
import { linkTarget } from '../markdown/link-target.ts';
import { BROKEN, LinkTargets } from '../markdown/link-targets.ts';
import { overFiles } from '../over-files.ts';
import { batchPayload, parsePayload } from '../payload.ts';
import type { Skill } from '../skill.ts';

const finding = z.strictObject({ file: z.string(), line: z.int(), target: z.string(), what: z.enum(BROKEN) });

const tally = z.strictObject({
  files: z.int(),
  /** Files that are no text on disk: gone, binary, too large. */
  skipped: z.int(),
  relative_links: z.int(),
  /** Links to other sites: not looked at. */
  absolute_links: z.int(),
  findings: findingsOf(finding),
});
type Tally = z.infer<typeof tally>;

/** Follows every relative link of the batch's Markdown files: to a tracked file or folder, and to a heading in it. */
export const linkCheck: Skill = async (payload, run) => {
  const { repo, files } = parsePayload(batchPayload, payload);
  const repository = await openRepository(repo, run.signal);
  const tracked = await listTracked(repository, run.signal);
  const targets = new LinkTargets(repository, tracked);
  const empty = (): Tally => ({ files: 0, skipped: 0, relative_links: 0, absolute_links: 0, findings: noFindings() });
  return overFiles(files, tally, empty, run, async (path, sum) => {
    const file = tracked.get(keyOf(path));
    const read = file === undefined ? undefined : await readText(repository, file);
    if (read?.text === undefined) {
      sum.skipped += 1;
      return;
    }
    sum.files += 1;
    for (const link of findLinks(read.text)) {
      const target = linkTarget(keyOf(path), link.target);
      if (target.kind === 'elsewhere') {
        sum.absolute_links += 1;
        continue;
      }
      const what =
        target.kind === 'outside' ? 'outside_repository' : await targets.problemWith(target.path, target.fragment);
      if (what === 'no_such_file' && target.kind === 'path' && target.perhapsSite) {
        sum.absolute_links += 1;
        continue;
      }
      sum.relative_links += 1;
      if (what !== undefined)
        addFinding(sum.findings, { file: shown(path), line: link.line, target: excerpt(link.target), what });
    }
  });
};

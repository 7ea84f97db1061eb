import { z } from 'zod';
import { bytesOf, type FileName } from './git/file-name.ts';
import type { SkillRun } from './skill.ts';

/**
 * Does `work` for each file and looks between two of them whether to stop. A run that stopped is taken up behind the
 * last file that was done, with the tally as it was then.
 *
 * @param contract what a tally looks like: progress that is not of this shape (another version wrote it) is started
 *   again
 */
export async function overFiles<T>(
  files: readonly FileName[],
  contract: z.ZodType<T>,
  empty: () => T,
  run: SkillRun,
  work: (path: Buffer, tally: T) => Promise<void>,
): Promise<T> {
  const former = z.object({ done: z.int().min(0), tally: contract }).safeParse(run.progress);
  const { done, tally } =
    former.success && former.data.done <= files.length ? former.data : { done: 0, tally: empty() };
  for (let at = done; at < files.length; at++) {
    run.signal.throwIfAborted();
    const name = files[at];
    if (name !== undefined) await work(bytesOf(name), tally);
    // Not behind the last one: a run that has done everything may as well say so.
    if (at + 1 < files.length) await run.checkpoint({ done: at + 1, tally });
  }
  return tally;
}

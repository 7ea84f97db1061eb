import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const LINES = 15;
const LINE_CHARS_MAX = 400;
// The many requests that were answered as they should be tell nothing.
const WENT_WELL = /"res":\{"status":2\d\d\}/;

/** The end of each log file in a folder, for whoever has to find out what went wrong. */
export async function logTails(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []); // nothing was ever started
  const tails = await Promise.all(
    names.map(async (name) => {
      const lines = (await readFile(join(folder, name), 'utf8'))
        .trimEnd()
        .split('\n')
        .filter((line) => !WENT_WELL.test(line))
        .slice(-LINES);
      return [`--- ${name}`, ...lines.map((line) => line.slice(0, LINE_CHARS_MAX))];
    }),
  );
  return tails.flat();
}

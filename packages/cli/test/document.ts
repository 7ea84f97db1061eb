import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../../..');

/** A block of code that a document asks to be run. */
export interface Block {
  /** For the test's name: where it is, and how it begins. */
  title: string;
  language: 'sh' | 'sql';
  code: string;
  how: 'once' | 'until' | 'in the background';
  /** The exit code that it has to end with. */
  exits: number;
  /** What its output has to hold. */
  prints: string | undefined;
}

const MARKED =
  /^<!-- run(?: (?<how>until|in the background))?(?:, exits: (?<exits>\d+))?(?:, prints: (?<prints>.+?))? -->\n```(?<language>sh|sql)\n(?<code>.*?)^```$/gms;

/**
 * The blocks below `<!-- run … -->`, in their order.
 *
 * @throws when a mark is not understood: a block that is silently left out would be tested by nobody
 */
export function runnableBlocks(path: string): Block[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const blocks = [...text.matchAll(MARKED)].map(({ index, groups = {} }): Block => {
    const { how, exits, prints, language, code = '' } = groups;
    const line = text.slice(0, index).split('\n').length + 2;
    return {
      title: `${path}:${line} ${code.split('\n', 1)[0]}`,
      language: language === 'sql' ? 'sql' : 'sh',
      code,
      how: how === 'until' || how === 'in the background' ? how : 'once',
      exits: Number(exits ?? 0),
      prints,
    };
  });
  const marks = text.match(/^<!-- run\b/gm)?.length ?? 0;
  if (marks !== blocks.length)
    throw new Error(`${path} has ${marks} marks to run something, and ${blocks.length} of them are understood`);
  return blocks;
}

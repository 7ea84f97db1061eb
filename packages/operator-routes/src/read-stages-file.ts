import { readFileSync } from 'node:fs';
import { parsePipelines, StagesError, type Pipeline } from '@orchestra/task-queue';

/**
 * The pipelines that a stages file declares.
 *
 * @throws StagesError when the file cannot be read, or with each line that is wrong
 */
export function readStagesFile(path: string): Pipeline[] {
  let text: string;
  try {
    // The decoder leaves out a byte order mark, which Windows writes.
    text = new TextDecoder().decode(readFileSync(path));
  } catch (cause) {
    throw new StagesError(
      `ORCHESTRA_STAGES: ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  return parsePipelines(text, path);
}

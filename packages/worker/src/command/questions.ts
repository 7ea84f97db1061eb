import { lstat, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { needsInput, QUESTIONS_CHARS_MAX, type NeedsInput } from '../needs-input.ts';
import { TaskFailure } from '../stop-reasons.ts';

/** What a command leaves in its working folder when it cannot go on without a person. */
export const QUESTIONS_FILE = '01-questions.md';
/** What its next run finds there. */
export const ANSWERS_FILE = '02-answers.md';

// How far the clock of a file system may be behind ours before a file of this run is taken for an older one.
const CLOCK_SLACK_MS = 1_000;

/** How the questions file was before a command began; compared with how it is afterwards. */
export interface QuestionsBefore {
  readonly folder: string;
  readonly startedAtMs: number;
  readonly mark: string | undefined;
}

/** Looks before the command begins, so that questions of an earlier run are not asked again. */
export async function lookBefore(folder: string): Promise<QuestionsBefore> {
  return { folder, startedAtMs: Date.now(), mark: (await questionsFile(folder))?.mark };
}

/**
 * The questions that a command has left, if they are fresh: written during its run, and not blank.
 *
 * @throws TaskFailure when they are there and cannot be read
 */
export async function freshQuestions({ folder, mark }: QuestionsBefore): Promise<NeedsInput | undefined> {
  const file = await questionsFile(folder);
  if (file === undefined || file.mark === mark) return undefined;
  try {
    const text = await firstCharacters(join(folder, QUESTIONS_FILE));
    return text.trim() === '' ? undefined : needsInput(text);
  } catch (cause) {
    throw new TaskFailure(
      `it left questions in ${join(folder, QUESTIONS_FILE)} that cannot be read: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/**
 * Whether a command has gone on after its questions and brought all that it was to bring: each of these files was
 * written during the run, after the questions, and is not empty. Anything else that it wrote, a line in a log for
 * instance, answers nothing. Two files in the same tick of a file system's clock count as written together.
 */
export async function areSuperseded(
  { folder, startedAtMs }: QuestionsBefore,
  deliverables: readonly string[],
): Promise<boolean> {
  const file = await questionsFile(folder);
  if (file === undefined || deliverables.length === 0) return false;
  for (const deliverable of deliverables) {
    const stats = await lstat(join(folder, deliverable), { bigint: true }).catch(() => undefined);
    if (stats === undefined || !stats.isFile() || stats.size === 0n || stats.mtimeNs <= file.mtimeNs) return false;
    // An older file may carry a time that lies ahead, for example out of an archive: what this run wrote has changed
    // since it began.
    if (stats.ctimeNs / 1_000_000n < BigInt(startedAtMs - CLOCK_SLACK_MS)) return false;
  }
  return true;
}

/**
 * Puts a person's answer beside the questions, whole or not at all. Answers where it is.
 *
 * @throws TaskFailure when it cannot be written: a run without it would ask again
 */
export async function leaveAnswer(folder: string, runId: string, answer: string): Promise<string> {
  const path = join(folder, ANSWERS_FILE);
  const draft = join(folder, `.${ANSWERS_FILE}.${runId}`);
  try {
    await writeFile(draft, answer.endsWith('\n') ? answer : `${answer}\n`, { flag: 'wx' });
    await rename(draft, path);
    return path;
  } catch (cause) {
    await rm(draft, { force: true }).catch(() => {}); // the first error is the one to tell
    throw new TaskFailure(
      `the answer to its questions cannot be written to ${path}: ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** Takes the answer away again, which the task keeps: in a shared folder it would be another task's answer next. */
export async function takeAnswerAway(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {}); // the folder is the command's, which may have closed it
}

/**
 * Regular files with one name only: opening a pipe would wait for ever, and a link, also a hard one, may lead anywhere.
 */
async function questionsFile(folder: string): Promise<{ mtimeNs: bigint; mark: string } | undefined> {
  const stats = await lstat(join(folder, QUESTIONS_FILE), { bigint: true }).catch(() => undefined);
  if (stats === undefined || !stats.isFile() || stats.nlink > 1n) return undefined;
  // The time of change cannot be set by hand, unlike the time of modification.
  return { mtimeNs: stats.mtimeNs, mark: [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join() };
}

/** As much as can be asked, and a bit more so that it is seen to be cut. */
async function firstCharacters(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    // No character takes more than four bytes.
    const bytes = Buffer.alloc(4 * (QUESTIONS_CHARS_MAX + 1));
    let filled = 0;
    for (;;) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled);
      filled += bytesRead;
      if (bytesRead === 0 || filled === bytes.length) return bytes.toString('utf8', 0, filled);
    }
  } finally {
    await file.close();
  }
}

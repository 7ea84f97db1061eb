import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TaskView } from '@orchestra/task-queue/contract';
import { CommandFailure } from './failure.ts';
import { visibleText } from './show/visible-text.ts';

const CUT_LINE = '# ------------------------ >8 ------------------------';

/**
 * Opens an editor with the questions of a task and hands what was written to `use`. The file is removed when that went
 * well; else it is kept and named, so that nobody has to write an answer twice.
 *
 * @param editor a shell command, as in `EDITOR`
 * @throws CommandFailure `editor_failed`, `no_answer`; what `use` throws, with the file's name
 */
export async function editAnswer<T>(
  task: Pick<TaskView, 'id' | 'questions'>,
  editor: string,
  use: (answer: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'orchestra-answer-'));
  const path = join(folder, `answer-to-task-${task.id}.md`);
  let written = '';
  try {
    await writeFile(path, template(task), { mode: 0o600 });
    await runEditor(editor, path);
    written = answerIn(new TextDecoder().decode(await readFile(path)));
    if (written === '') throw new CommandFailure('no_answer', 'nothing was written, so nothing is answered');
    const used = await use(written);
    await rm(folder, { recursive: true, force: true });
    return used;
  } catch (error) {
    if (written !== '' && error instanceof Error) error.message += `\nwhat you wrote is kept in ${path}`;
    else await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** An empty place to write in, and below it what was asked. */
function template({ id, questions }: Pick<TaskView, 'id' | 'questions'>): string {
  const quoted = (questions ?? '')
    .trimEnd()
    .split('\n')
    .map((line) => `> ${visibleText(line)}`.trimEnd());
  return [
    '',
    CUT_LINE,
    '# Write above this line; it and all below it is left out. Nothing written: nothing answered.',
    `# Task ${id} asks:`,
    '',
    ...quoted,
    '',
  ].join('\n');
}

/** What stands above the cut line; all of it where somebody has deleted that. */
function answerIn(text: string): string {
  const lines = text.split(/\r?\n/);
  const cut = lines.lastIndexOf(CUT_LINE);
  return lines
    .slice(0, cut === -1 ? undefined : cut)
    .join('\n')
    .trim();
}

async function runEditor(editor: string, path: string): Promise<void> {
  // By the shell, because EDITOR may have arguments (`code --wait`). To the terminal: stdout may be somebody's JSON.
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', path], {
    stdio: ['inherit', process.stderr, 'inherit'],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  if (code !== 0)
    throw new CommandFailure(
      'editor_failed',
      `the editor (${editor}) ended with ${signal ?? `exit code ${code}`}; nothing is answered`,
    );
}

import { answerTaskRequest, type TaskView } from '@orchestra/task-queue/contract';
import { checked } from './checked.ts';
import type { Desk } from './desk/desk.ts';
import { editAnswer } from './edit-answer.ts';
import { CommandFailure, wrongUsage } from './failure.ts';
import { readText } from './read-input.ts';

export interface AnswerGiven {
  text?: string | undefined;
  /** `-` is standard input. */
  file?: string | undefined;
}

// Four bytes for each character that an answer may have.
const FILE_BYTES_MAX = 400_000;

/**
 * Answers the open question of a task with what was given, or with what is written in the editor now.
 *
 * @throws CommandFailure `wrong_usage` for what is no answer, `unreadable`, `no_open_question`, `no_answer`,
 *   `question_changed`
 */
export async function answerTask(
  desk: Pick<Desk, 'task' | 'answer'>,
  id: string,
  { text, file }: AnswerGiven,
): Promise<TaskView> {
  const given = text ?? (file === undefined ? undefined : await readText(file, FILE_BYTES_MAX));
  if (given !== undefined) return desk.answer(id, checked(answerTaskRequest, { answer: given }).answer);
  const editor = process.env['VISUAL'] || process.env['EDITOR'];
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw wrongUsage('say the answer: --text, or --file (- for standard input); the editor needs a terminal');
  if (editor === undefined || editor === '')
    throw wrongUsage('say the answer: --text, --file (- for standard input), or set EDITOR to your editor');
  return answerInEditor(desk, id, editor);
}

async function answerInEditor(desk: Pick<Desk, 'task' | 'answer'>, id: string, editor: string): Promise<TaskView> {
  const task = await desk.task(id);
  if (task.questions === null || task.answer !== null)
    throw new CommandFailure(
      'no_open_question',
      `task ${id} ${task.questions === null ? 'has asked nothing' : 'has been answered'}`,
    );
  return editAnswer(task, editor, async (answer) => {
    // Writing takes its time, and an answer to another question could do harm.
    const now = await desk.task(id);
    if (now.asked_at !== task.asked_at || now.questions !== task.questions)
      throw new CommandFailure(
        'question_changed',
        `task ${id} has asked something else meanwhile; see \`orchestra task show ${id}\``,
      );
    return desk.answer(id, checked(answerTaskRequest, { answer }).answer);
  });
}

import { newTask } from '@orchestra/task-queue/contract';
import type { z } from 'zod';
import { checked } from './checked.ts';
import { wrongUsage } from './failure.ts';
import { parseGiven, readLines } from './read-input.ts';

export type TaskToAdd = z.output<typeof newTask>;

const TASKS_MAX = 1_000_000;

/**
 * Tasks from a file with one JSON object a line (or from standard input: `-`). Every line is checked before the first
 * task is added; blank lines are skipped.
 *
 * @param defaults fields for the lines that do not have them
 * @throws CommandFailure `wrong_usage` naming the line, `unreadable`
 */
export async function tasksFromFile(path: string, defaults: object): Promise<TaskToAdd[]> {
  const tasks: TaskToAdd[] = [];
  let number = 0;
  for await (const line of readLines(path)) {
    number++;
    if (line.trim() === '') continue;
    if (tasks.length === TASKS_MAX) throw wrongUsage(`${path} holds more than ${TASKS_MAX} tasks; split it`);
    tasks.push(taskOf(line, defaults, `${path} line ${number}`));
  }
  if (tasks.length === 0) throw wrongUsage(`${path} holds no task`);
  return tasks;
}

function taskOf(line: string, defaults: object, where: string): TaskToAdd {
  try {
    const given = parseGiven(line);
    if (typeof given !== 'object' || given === null || Array.isArray(given)) throw wrongUsage('is not a JSON object');
    return checked(newTask, { ...defaults, ...given });
  } catch (cause) {
    throw wrongUsage(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

import { newTask } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { addTasks, batches } from './add-tasks.ts';
import { CommandFailure } from './failure.ts';

const task = (payload: Record<string, unknown> = {}) => newTask.parse({ agent_id: 'skeptic', payload });

test('every call carries as many tasks as it may, in order', () => {
  const tasks = Array.from({ length: 2_001 }, (_, place) => task({ place }));
  const made = batches(tasks);
  expect(made.map((batch) => batch.length)).toEqual([1_000, 1_000, 1]);
  expect(made.flat()).toEqual(tasks);
});

test('large tasks go in more calls, none above the limit of a body', () => {
  const tasks = Array.from({ length: 10 }, () => task({ text: 'x'.repeat(100_000) }));
  const made = batches(tasks);
  expect(made.flat()).toEqual(tasks);
  for (const batch of made) expect(Buffer.byteLength(JSON.stringify({ tasks: batch }))).toBeLessThan(256 * 1_024);
});

test('a task that no call can carry is refused before anything is added', async () => {
  const asked: unknown[] = [];
  const adding = addTasks(
    {
      enqueue: async (tasks) => {
        asked.push(tasks);
        return [];
      },
    },
    [task(), task({ text: 'x'.repeat(300_000) })],
  );
  await expect(adding).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('task 2 is') });
  expect(asked).toEqual([]);
});

test('a failure in the middle tells how many were added', async () => {
  let calls = 0;
  const enqueue = async (tasks: unknown[]): Promise<string[]> => {
    if (++calls === 2) throw new CommandFailure('database_unavailable', 'the database is away');
    return tasks.map((_, place) => String(place + 1));
  };
  await expect(
    addTasks(
      { enqueue },
      Array.from({ length: 1_500 }, () => task()),
    ),
  ).rejects.toMatchObject({
    code: 'database_unavailable',
    message: 'the first 1000 of 1500 tasks were added (1 to 1000), the others were not: the database is away',
  });
});

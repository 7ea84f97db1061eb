import type { TaskView } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { followTask, newPrint, newText } from './follow-task.ts';

const RUN = '0b6c6f0e-58f2-4c0b-9d1e-2f1f7c9a4e11';

test.each([
  ['', '', '', false],
  ['', 'first', 'first', false],
  ['one\n', 'one\ntwo\n', 'two\n', false],
  ['same', 'same', '', false],
  ['abcdef', 'cdefgh', 'gh', false],
  ['abcdef', 'fghijk', 'ghijk', false],
  // All that could have joined the two was not kept.
  ['abcdef', 'ghijkl', 'ghijkl', true],
  ['aaaa', 'aaab', 'b', false],
])('after %j the tail %j brings %j', (before, now, text, isGap) => {
  expect(newText(before, now)).toEqual({ text, isGap });
});

test('a long tail is compared within moments', () => {
  const before = `${'ab'.repeat(8_000)}`;
  expect(newText(before, `${'ab'.repeat(7_999)}abX`.slice(2))).toEqual({ text: 'X', isGap: false });
});

test.each([
  // A full tail of the same: only the count tells that there is more.
  [{ tail: '....', printed: 4 }, { tail: '....', printed: 6 }, '..', false],
  [{ tail: '....', printed: 4 }, { tail: '....', printed: 4 }, '', false],
  [{ tail: 'ab', printed: 2 }, { tail: 'abab', printed: 4 }, 'ab', false],
  [{ tail: '....', printed: 4 }, { tail: '....', printed: 20 }, '....', true],
  [{ tail: '', printed: 0 }, { tail: 'cdef', printed: 6 }, 'cdef', true],
  // A worker that does not count.
  [{ tail: '', printed: 0 }, { tail: 'cdef', printed: null }, 'cdef', false],
  [{ tail: 'abc', printed: null }, { tail: 'abcd', printed: null }, 'd', false],
])('after %j the output %j brings %j', (before, now, text, isGap) => {
  expect(newPrint(before, now)).toEqual({ text, isGap });
});

test('nothing is shown twice and nothing is lost when the output is gone for a while, as after a crash of the database', async () => {
  const outputs = [
    { tail: 'a\na\n', printed: 4 },
    undefined,
    { tail: 'a\na\n', printed: 4 },
    { tail: 'a\na\na\n', printed: 6 },
  ];
  const told: string[] = [];
  const stop = new AbortController();
  const task = { id: '1', status: 'running', run_id: RUN, stage: null } as TaskView;
  await followTask(
    {
      task: async () => (outputs.length > 0 ? task : { ...task, status: 'succeeded' }),
      taskOutput: async () => {
        const next = outputs.shift();
        return { task_id: '1', run_id: next === undefined ? null : RUN, at: null, tail: '', printed: null, ...next };
      },
    },
    '1',
    stop.signal,
    {
      onOutput: ({ text }) => {
        told.push(text);
      },
      onStatus: () => {},
    },
  );
  expect(told).toEqual(['a\na\n', 'a\n']);
});

test('what the run printed last, just before it ended, is shown', async () => {
  const running = { id: '1', status: 'running', run_id: RUN, stage: null } as TaskView;
  let printed = 'one\n';
  let task = running;
  const told: string[] = [];
  const last = await followTask(
    {
      task: async () => task,
      taskOutput: async () => {
        const now = { task_id: '1', run_id: RUN, at: null, tail: printed, printed: printed.length };
        // It goes on as soon as somebody has looked.
        printed = 'one\ntwo\n';
        task = { ...running, status: 'succeeded' };
        return now;
      },
    },
    '1',
    new AbortController().signal,
    {
      onOutput: ({ text }) => {
        told.push(text);
      },
      onStatus: () => {},
    },
  );
  expect(told).toEqual(['one\n', 'two\n']);
  expect(last.status).toBe('succeeded');
});

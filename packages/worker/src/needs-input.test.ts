import { needsInputRequest } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { NeedsInput, needsInput } from './needs-input.ts';

test('questions are kept as they are', () => {
  const asked = needsInput('# Which branch?\n\n- main\n- next\n');
  expect(asked).toBeInstanceOf(NeedsInput);
  expect(asked.questions).toBe('# Which branch?\n\n- main\n- next\n');
});

test.each([
  ['too long', 'x'.repeat(150_000)],
  ['long in bytes', '語'.repeat(99_000)],
  ['long in JSON', '\u0001'.repeat(99_000)],
  ['what the database cannot keep', 'a\0b\ud800'],
])('%s: they are cut or mended to what the service takes', (_what, questions) => {
  const asked = needsInput(questions);
  const body = { run_id: crypto.randomUUID(), questions: asked.questions };
  expect(needsInputRequest.safeParse(body).success).toBe(true);
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(256 * 1_024);
  expect(asked.questions.slice(0, 1)).toBe(questions.slice(0, 1));
  expect(asked.questions.endsWith('… (cut)')).toBe(questions.length > 1_000);
});

test.each(['', ' \n', undefined, 7])('%j is no question', (questions) => {
  expect(() => needsInput(questions as string)).toThrow('wants the questions as text');
});

import { claimAnswer, endingAnswers, type ClaimedTask } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { parseTolerantly } from './tolerant.ts';

const task: ClaimedTask = {
  id: '7',
  run_id: '00000000-0000-4000-8000-000000000001',
  repo: null,
  agent_id: 'skeptic',
  skill: 'lint',
  quest_id: null,
  actor_id: null,
  priority: 0,
  payload: { any: { thing: 1 } },
  attempt: 1,
  max_attempts: 3,
  cursor: { index: 2 },
  questions: null,
  answer: null,
  lease_seconds: 60,
};

test('fields that a newer service says besides are passed over, at any depth', () => {
  const parsed = parseTolerantly(claimAnswer, {
    tasks: [task, { ...task, mood: 'fine', colour: 'red' }],
    hint: 'try again',
  });
  expect(parsed).toMatchObject({ success: true, data: { tasks: [task, task] } });
  expect(parsed.data).not.toHaveProperty('hint');
  expect(parsed.data?.tasks[1]).not.toHaveProperty('mood');
});

test('what the contract names must be as it says, also beside fields that it does not name', () => {
  expect(parseTolerantly(claimAnswer, { tasks: [{ ...task, attempt: 'one', mood: 'fine' }] }).success).toBe(false);
  expect(parseTolerantly(endingAnswers, { ended: [{ id: '7' }], more: 1 }).success).toBe(false);
  expect(parseTolerantly(claimAnswer, 'tasks').success).toBe(false);
});

test('an answer of nothing but unknown fields has a limit', () => {
  const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`field_${index}`, index]));
  expect(parseTolerantly(claimAnswer, { tasks: [], ...many }).success).toBe(false);
});

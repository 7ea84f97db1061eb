import { expect, test } from 'vitest';
import { nextStep, type StageOutcome, type Step } from './next-step.ts';
import { DEFAULT_PIPELINES, findPipeline, type Pipeline } from './pipeline.ts';

const pipeline = findPipeline(DEFAULT_PIPELINES, 'default') ?? { name: 'none', stages: [] };
const LEFT = { attempts: true, retries: true };
const SPENT = { attempts: false, retries: false };

/** As a word: `-> testing`, `again`, … */
const told = (step: Step): string =>
  step.then === 'moves'
    ? `-> ${step.to.name}${step.attemptUsed ? ', attempt used' : ''}`
    : step.then === 'again'
      ? `again${step.attemptUsed ? ', attempt used' : ''}`
      : step.then;
const from = (stage: string, outcome: StageOutcome, left = LEFT, of: Pipeline = pipeline): string =>
  told(nextStep(of, stage, outcome, left));

test.each([
  ['analysis', '-> development', 'again, attempt used'],
  ['development', '-> review', 'again, attempt used'],
  ['review', '-> testing', '-> development, attempt used'],
  ['testing', '-> staging', '-> development, attempt used'],
  ['staging', '-> deploy', '-> development, attempt used'],
  ['deploy', 'done', '-> development, attempt used'],
])('from %s it goes on pass %s and on fail %s; whatever else stops it leaves it there', (stage, onPass, onFail) => {
  expect(from(stage, 'passed')).toBe(onPass);
  expect(from(stage, 'failed')).toBe(onFail);
  expect(from(stage, 'environment')).toBe('held');
  expect(from(stage, 'transient')).toBe('again');
  expect(from(stage, 'needs_input')).toBe('waits');
});

test('with nothing left, a failure is for good and a disturbance holds; the others ask for nothing of that', () => {
  expect(from('testing', 'failed', SPENT)).toBe('fails');
  expect(from('testing', 'transient', SPENT)).toBe('held');
  expect(from('testing', 'passed', SPENT)).toBe('-> staging');
  expect(from('testing', 'environment', SPENT)).toBe('held');
  expect(from('testing', 'needs_input', SPENT)).toBe('waits');
});

test('a stage that the table does not have holds its task where nobody can say how it goes on', () => {
  expect(from('gone', 'passed')).toBe('held');
  expect(from('gone', 'failed')).toBe('held');
  expect(from('gone', 'failed', SPENT)).toBe('fails');
  expect(from('gone', 'transient')).toBe('again');
});

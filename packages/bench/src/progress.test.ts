import { expect, test } from 'vitest';
import { progressBar } from './progress.ts';

test('the bar fills from left to right and never beyond its width', () => {
  expect(progressBar(0, 4, 8)).toBe('░░░░░░░░');
  expect(progressBar(1, 4, 8)).toBe('██░░░░░░');
  expect(progressBar(9, 4, 8)).toBe('████████');
});

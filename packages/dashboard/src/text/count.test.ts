import { expect, test } from 'vitest';
import { count, counted, rate } from './count.ts';

test('counts are grouped, and say when there are more than were counted', () => {
  expect([count(0), count(1_204), count(10_000, true)]).toEqual(['0', '1,204', '10,000+']);
  expect([counted(1, 'task'), counted(2, 'task'), counted(1, 'run', true), counted(2, 'quest')]).toEqual(['1 task', '2 tasks', '1+ runs', '2 quests']);
});

test('rates keep the figures that matter', () => {
  expect([rate(0), rate(0.25), rate(4.16), rate(38.4), rate(1_250)]).toEqual(['0/s', '0.25/s', '4.2/s', '38/s', '1,250/s']);
});

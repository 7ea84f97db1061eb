import { expect, test } from 'vitest';
import { count, counted, ratePerMinute } from './count.ts';

test('counts are grouped, and say when there are more than were counted', () => {
  expect([count(0), count(1_204), count(10_000, true)]).toEqual(['0', '1,204', '10,000+']);
  expect([counted(1, 'task'), counted(2, 'task'), counted(1, 'run', true), counted(2, 'quest')]).toEqual([
    '1 task',
    '2 tasks',
    '1+ runs',
    '2 quests',
  ]);
});

test('rates are told by the minute, as the chart beside them', () => {
  expect([ratePerMinute(0), ratePerMinute(0.25), ratePerMinute(4.16), ratePerMinute(38)]).toEqual([
    '0/min',
    '15/min',
    '250/min',
    '2,280/min',
  ]);
});

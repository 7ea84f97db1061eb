import { expect, test } from 'vitest';
import { judgeStandbys } from './standbys.ts';

test.each([
  ['no standby', { synchronousNames: '', following: 0, synchronous: 0 }, 'ok', 'durable: local'],
  [
    'standbys that follow asynchronously',
    { synchronousNames: '', following: 2, synchronous: 0 },
    'warning',
    '2 follow asynchronously',
  ],
  [
    'the same, seen by a role that may not look closer',
    { synchronousNames: '', following: 1, synchronous: null },
    'warning',
    'follow asynchronously',
  ],
  ['a synchronous one', { synchronousNames: 'a', following: 2, synchronous: 1 }, 'ok', 'commits wait for a'],
  [
    'a synchronous one that does not follow',
    { synchronousNames: 'a', following: 0, synchronous: 0 },
    'warning',
    'every change waits',
  ],
  [
    'a synchronous one, seen by a role that may not look closer',
    { synchronousNames: 'a', following: 1, synchronous: null },
    'skipped',
    'may not see',
  ],
] as const)('%s', (_what, standbys, outcome, says) => {
  expect(judgeStandbys(standbys)).toMatchObject({ check: 'standbys', outcome, says: expect.stringContaining(says) });
});

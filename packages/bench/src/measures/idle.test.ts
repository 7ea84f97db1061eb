import { expect, test } from 'vitest';
import { loggedStatement } from './idle.ts';

test('a statement is known in the server’s log in all its forms; other lines are not counted', () => {
  expect(loggedStatement('2026-11-21 07:00:00 UTC [7] LOG:  statement: begin')).toBe('begin');
  expect(loggedStatement('2026-11-21 07:00:00 UTC [7] LOG:  execute <unnamed>: select  1')).toBe('select 1');
  expect(loggedStatement('2026-11-21 07:00:00 UTC [7] LOG:  execute orchestra-claim: ')).toBe('');
  expect(loggedStatement('2026-11-21 07:00:00 UTC [7] LOG:  checkpoint starting: time')).toBeUndefined();
  expect(loggedStatement('\tselect 1')).toBeUndefined();
});

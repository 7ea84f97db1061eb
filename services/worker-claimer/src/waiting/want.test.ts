import { expect, test } from 'vitest';
import { wanted, wantKey } from './want.ts';

test.each([
  [{}, { agent: null, skill: null }, true],
  [{ agents: ['a'] }, { agent: 'a', skill: null }, true],
  [{ agents: ['a'] }, { agent: 'b', skill: null }, false],
  [{ agents: ['a'] }, { agent: null, skill: 's' }, false],
  [{ skills: ['s', 't'] }, { agent: 'a', skill: 't' }, true],
  [{ agents: ['a'], skills: ['s'] }, { agent: 'a', skill: 's' }, true],
  [{ agents: ['a'], skills: ['s'] }, { agent: 'a', skill: 't' }, false],
  [{ agents: ['a'], skills: ['s'] }, { agent: 'b', skill: 's' }, false],
])('a claim for %j and a task with %j', (want, labels, taken) => {
  expect(wanted(want, labels)).toBe(taken);
});

test('the order in which labels are named makes no other want; "any" is not "none in particular"', () => {
  expect(wantKey({ agents: ['a', 'b'] })).toBe(wantKey({ agents: ['b', 'a'] }));
  expect(wantKey({ agents: ['a'] })).not.toBe(wantKey({ skills: ['a'] }));
  expect(wantKey({})).not.toBe(wantKey({ agents: ['null'] }));
});

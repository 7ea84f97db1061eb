import { expect, test } from 'vitest';
import { queryString } from './query.ts';

test('only what is given is asked for, and safely', () => {
  expect(queryString({ skill: 'a&b=c', limit: 5, history: true, cursor: undefined, agent_id: null })).toBe(
    '?skill=a%26b%3Dc&limit=5&history=true',
  );
  expect(queryString({ cursor: undefined })).toBe('');
});

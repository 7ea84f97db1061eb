import { expect, test } from 'vitest';
import { readMessage } from './stream-message.ts';

test('a message of the contract is read', () => {
  expect(readMessage({ id: '7', event: 'snapshot', data: '{"pauses":[]}' })).toEqual({ id: '7', event: { type: 'snapshot', data: { pauses: [] } } });
});

test('a type that is not known yet is passed over', () => {
  expect(readMessage({ id: '7', event: 'task.parked', data: '{}' })).toBeNull();
  expect(readMessage({ id: '7', event: 'constructor', data: '{}' })).toBeNull();
  expect(readMessage({ id: '7', data: '{}' })).toBeNull();
});

test.each([
  ['no position', { event: 'snapshot', data: '{"pauses":[]}' }],
  ['a position that is no number', { id: 'x', event: 'snapshot', data: '{"pauses":[]}' }],
  ['no JSON', { id: '7', event: 'pause.created', data: '{' }],
  ['null', { id: '7', event: 'pause.created', data: 'null' }],
  ['a snapshot without pauses', { id: '7', event: 'snapshot', data: '{}' }],
  ['a snapshot of nothing', { id: '7', event: 'snapshot', data: '{"pauses":[null]}' }],
  ['a pause without an id', { id: '7', event: 'pause.created', data: '{"reason":"x"}' }],
])('%s is malformed', (_name, message) => {
  expect(() => readMessage(message)).toThrow(expect.objectContaining({ name: 'ApiError', code: 'malformed' }));
});

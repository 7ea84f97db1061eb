import { expect, test } from 'vitest';
import { positionOf, readMessage } from './stream-message.ts';

const wrapped = (data: string): string =>
  `{"specversion":"1.0","id":"1","source":"/orchestra/senate","type":"orchestra.x","data":${data}}`;

test('a message of the contract is read out of its envelope', () => {
  expect(readMessage({ id: '7', event: 'snapshot', data: wrapped('{"pauses":[]}') })).toEqual({
    id: '7',
    event: { type: 'snapshot', data: { pauses: [] } },
  });
});

test('an id is the position and the mark of its event, and tells the position', () => {
  const message = readMessage({ id: '12.0583920174', event: 'snapshot', data: wrapped('{"pauses":[]}') });
  expect(message?.id).toBe('12.0583920174');
  expect(positionOf('12.0583920174')).toBe(12n);
  expect(positionOf('12')).toBe(12n);
  expect(readMessage({ id: '12.05', event: 'task.parked', data: '{}' })?.id).toBe('12.05');
  expect(() => readMessage({ id: '12.', event: 'snapshot', data: wrapped('{"pauses":[]}') })).toThrow(
    expect.objectContaining({ code: 'malformed' }),
  );
});

test('a type that is not known yet is passed over, and its position counts', () => {
  expect(readMessage({ id: '7', event: 'task.parked', data: '{}' })).toEqual({ id: '7', event: null });
  expect(readMessage({ id: '7', event: 'constructor', data: 'no JSON' })).toEqual({ id: '7', event: null });
  expect(readMessage({ event: 'later', data: '{}' })).toBeNull();
});

test.each([
  ['no position', { event: 'snapshot', data: wrapped('{"pauses":[]}') }],
  ['a position that is no number', { id: 'x', event: 'snapshot', data: wrapped('{"pauses":[]}') }],
  ['no envelope', { id: '7', event: 'snapshot', data: '{"pauses":[]}' }],
  ['no JSON', { id: '7', event: 'pause.created', data: '{' }],
  ['null', { id: '7', event: 'pause.created', data: wrapped('null') }],
  ['a snapshot without pauses', { id: '7', event: 'snapshot', data: wrapped('{}') }],
  ['a snapshot of nothing', { id: '7', event: 'snapshot', data: wrapped('{"pauses":[null]}') }],
  ['a pause without an id', { id: '7', event: 'pause.created', data: wrapped('{"reason":"x"}') }],
])('%s is malformed', (_name, message) => {
  expect(() => readMessage(message)).toThrow(expect.objectContaining({ name: 'ApiError', code: 'malformed' }));
});

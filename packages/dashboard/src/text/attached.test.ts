import { expect, test } from 'vitest';
import { sayAttachedSettled, sayAttachedWork } from './attached.ts';

const WORK = {
  name: 'jobs',
  engine: 'pg-boss',
  in_flight_count: 1,
  claimed_ahead_count: 0,
  queued: 1_204,
  queued_more: false,
  not_read: null,
};

test('what is held in another queue is told in a line; nothing is not, and what could not be read is', () => {
  expect(sayAttachedWork(WORK)).toBe('1,204 jobs held, 1 in flight');
  expect(sayAttachedWork({ ...WORK, claimed_ahead_count: 3, queued: 10_000, queued_more: true })).toBe(
    '10,000+ jobs held, 1 in flight, 3 claimed ahead',
  );
  expect(sayAttachedWork({ ...WORK, in_flight_count: 0, queued: 0 })).toBeNull();
  expect(
    sayAttachedWork({
      ...WORK,
      in_flight_count: null,
      claimed_ahead_count: null,
      queued: null,
      queued_more: null,
      not_read: 'it does not answer',
    }),
  ).toBe('its jobs could not be read: it does not answer');
});

test('each attached queue says for itself whether a pause has settled', () => {
  expect(sayAttachedSettled({ name: 'jobs', settled: true, not_settled: null }).title).toBe('Settled in jobs');
  expect(sayAttachedSettled({ name: 'jobs', settled: false, not_settled: 'its database does not answer' })).toEqual({
    title: 'Not settled in jobs',
    words: 'its database does not answer',
  });
  expect(sayAttachedSettled({ name: 'jobs', settled: null, not_settled: 'it could not be asked' }).title).toBe(
    'Settled in jobs? Not known',
  );
});

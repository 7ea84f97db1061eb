import { ApiError, ConnectionError } from '@orchestra-brake/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TroubleReport } from './trouble-report.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const away = new ConnectionError('worker-claimer', 'http://127.0.0.1:4401', 'unreachable');
const busy = new ApiError({ type: '', title: '', status: 503, code: 'database_unavailable', detail: 'later' });

function report(isToldOtherwise = () => false) {
  const warned: string[] = [];
  const trouble = new TroubleReport({
    afterMs: 3_000,
    isToldOtherwise,
    sayOver: 'over',
    warn: (text) => warned.push(text),
    sayTrouble: (error) =>
      error instanceof ConnectionError ? error.failure : error instanceof ApiError ? error.code : 'no answer',
  });
  return { trouble, warned };
}

test('trouble that is over within the time is told to nobody', () => {
  const { trouble, warned } = report();
  trouble.failed(away);
  vi.advanceTimersByTime(2_999);
  trouble.answered();
  vi.advanceTimersByTime(10_000);
  expect(warned).toEqual([]);
});

test('trouble that lasts is told once for each kind, and so is its end', () => {
  const { trouble, warned } = report();
  trouble.wait();
  vi.advanceTimersByTime(3_000);
  for (const error of [away, away, busy, away, busy]) trouble.failed(error);
  trouble.answered();
  trouble.answered();
  expect(warned).toEqual(['no answer', 'unreachable', 'database_unavailable', 'over']);
  trouble.failed(away);
  vi.advanceTimersByTime(3_000);
  expect(warned.slice(4)).toEqual(['unreachable']);
});

test('a listener of the event gets no warning, and nobody gets one after the end', () => {
  const listened = report(() => true);
  listened.trouble.failed(away);
  vi.advanceTimersByTime(3_000);
  listened.trouble.answered();
  const closed = report();
  closed.trouble.failed(away);
  closed.trouble.close();
  closed.trouble.failed(busy);
  vi.advanceTimersByTime(3_000);
  expect([...listened.warned, ...closed.warned]).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { AnswerError, ApiError, ConnectionError } from './errors.ts';
import { isTransient, waitBeforeRetryMs } from './send.ts';

const refused = (
  status: number,
  code: 'database_unavailable' | 'forbidden' | 'idempotency_key_in_use' | 'internal_error' | 'request_timeout',
  retryAfterMs?: number,
) => new ApiError({ type: 'about:blank', title: code, status, code, detail: code }, { retryAfterMs });

describe('what is tried again', () => {
  test.each([
    ['nobody there', new ConnectionError('pause-api', 'http://a', 'unreachable'), true],
    ['an answer that was cut off', new ConnectionError('pause-api', 'http://a', 'cut_off'), true],
    ['a database that is away', refused(503, 'database_unavailable'), true],
    ['a first try that has not ended', refused(409, 'idempotency_key_in_use'), true],
    ['a proxy without its service', new AnswerError('pause-api', 'http://a', 502, '"Bad Gateway"'), true],
    ['a call that did not arrive in time, since either side stood still', refused(408, 'request_timeout'), true],
    ['a refusal', refused(403, 'forbidden'), false],
    ['a failure inside the service', refused(500, 'internal_error'), false],
    ['an answer of something else', new AnswerError('pause-api', 'http://a', 200, '"hello"'), false],
    ['a mistake of our own', new TypeError('x is not a function'), false],
  ])('%s', (_what, error, again) => {
    expect(isTransient(error)).toBe(again);
  });

  test('waits at least as long as the service asked', () => {
    expect(waitBeforeRetryMs(1, refused(503, 'database_unavailable', 7_000))).toBe(7_000);
    expect(waitBeforeRetryMs(1, refused(503, 'database_unavailable', 0))).toBeGreaterThan(100);
  });
});

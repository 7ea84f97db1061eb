import { describe, expect, test } from 'vitest';
import { retryAfterMs } from './answer.ts';

describe('Retry-After', () => {
  test('as seconds, as a date, and never in the past', () => {
    const now = Date.parse('2026-11-21T03:00:00Z');
    expect(retryAfterMs('7')).toBe(7_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 03:00:30 GMT', () => now)).toBe(30_000);
    expect(retryAfterMs('Sat, 21 Nov 2026 02:00:00 GMT', () => now)).toBe(0);
  });

  test.each([null, '', 'soon', '-3', '1.5e3x', '99999999999999999999'])('%s says nothing', (header) => {
    expect(retryAfterMs(header)).toBeUndefined();
  });
});

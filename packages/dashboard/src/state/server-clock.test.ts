import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { serverTimeMs, setByDateHeader, setByPauses, UNSET_CLOCK } from './server-clock.ts';

const NOON = Date.parse('2026-11-21T12:00:00.000Z');
const aMinuteOld = { paused_at: '2026-11-21T11:59:00.000Z', age_seconds: 60 } as ActivePauseView;

test('P8 the time is the database’s: the beginning of a pause plus its age, wherever the clocks of others stand', () => {
  const clock = setByPauses(setByDateHeader(UNSET_CLOCK, 'Sat, 21 Nov 2026 14:00:00 GMT', 5_000), [aMinuteOld], 5_000);
  expect(serverTimeMs(clock, 5_000)).toBe(NOON);
  expect(serverTimeMs(clock, 65_000)).toBe(NOON + 60_000);
});

test('a Date header serves until the database’s time is known, and not after', () => {
  const byHeader = setByDateHeader(UNSET_CLOCK, 'Sat, 21 Nov 2026 12:00:00 GMT', 1_000);
  expect(serverTimeMs(byHeader, 1_000)).toBe(NOON + 500);
  const byDatabase = setByPauses(byHeader, [aMinuteOld], 1_000);
  expect(setByDateHeader(byDatabase, 'Sat, 21 Nov 2026 14:00:00 GMT', 1_000)).toBe(byDatabase);
});

test('no header, a broken one, or no pause leaves the clock as it was', () => {
  expect(setByDateHeader(UNSET_CLOCK, null, 0)).toBe(UNSET_CLOCK);
  expect(setByDateHeader(UNSET_CLOCK, 'soon', 0)).toBe(UNSET_CLOCK);
  expect(setByPauses(UNSET_CLOCK, [], 0)).toBe(UNSET_CLOCK);
  expect(serverTimeMs(UNSET_CLOCK, 0)).toBeNull();
});

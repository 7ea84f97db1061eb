import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WaitingRoom } from './waiting-room.ts';

// Between the beginnings of two looks; see the service.
const LOOK_EVERY_MS = 5_000;
const NOTHING = { kinds: [], more: false };

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

/** One waits, and a look has just found nothing. */
function roomWithLook(): WaitingRoom {
  const room = new WaitingRoom({ max: 10, onCall: () => {} });
  void room.wait({ token: 't', want: {}, attempt: async () => [], waitMs: 60_000, gone: new AbortController().signal, callsSeen: room.calls });
  room.looked(NOTHING, room.calls);
  return room;
}

test('who comes while the next look is made waits with the others, and claims nothing by itself', () => {
  const room = roomWithLook();
  vi.advanceTimersByTime(LOOK_EVERY_MS + 100);
  expect(room.nothingFor({ skills: ['debate'] })).toBe(true);
});

test('a look that is followed by none holds no longer', () => {
  const room = roomWithLook();
  vi.advanceTimersByTime(2 * LOOK_EVERY_MS);
  expect(room.nothingFor({ skills: ['debate'] })).toBe(false);
});

test('news since the look ends what it said', () => {
  const room = roomWithLook();
  room.call();
  expect(room.nothingFor({ skills: ['debate'] })).toBe(false);
});

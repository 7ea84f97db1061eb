import { claimedTask, type ClaimedTask } from '@orchestra/task-queue/contract';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WaitingRoom } from './waiting-room.ts';

// Between the beginnings of two looks; see the service.
const LOOK_EVERY_MS = 5_000;
const NOTHING = { kinds: [], more: false };

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** One waits, and a look has just found nothing. */
function roomWithLook(): WaitingRoom {
  const room = new WaitingRoom({ max: 10, onCall: () => {} });
  void room.wait({
    token: 't',
    want: {},
    attempt: async () => [],
    waitMs: 60_000,
    gone: new AbortController().signal,
    callsSeen: room.calls,
  });
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

function task(id: string): ClaimedTask {
  return claimedTask.parse({
    id,
    run_id: '0b6d3c1e-6d1f-4f5e-9b5e-2a6f7c1d2e3f',
    repo: null,
    agent_id: null,
    skill: 'debate',
    quest_id: null,
    actor_id: null,
    priority: 100,
    payload: {},
    attempt: 1,
    max_attempts: 3,
    cursor: null,
    questions: null,
    answer: null,
    lease_seconds: 60,
  });
}

test('what is added goes to the first who wants it, without any look', async () => {
  const room = new WaitingRoom({ max: 10, onCall: () => {} });
  const asked: string[] = [];
  const waits = (name: string, skill: string): Promise<ClaimedTask[]> =>
    room.wait({
      token: 't',
      want: { skills: [skill] },
      attempt: async () => {
        asked.push(name);
        return [task('7')];
      },
      waitMs: 60_000,
      gone: new AbortController().signal,
      callsSeen: room.calls,
    });
  void waits('other', 'lint');
  const first = waits('first', 'debate');
  void waits('second', 'debate');
  room.offer([{ agent: null, skill: 'debate' }]);
  await expect(first).resolves.toMatchObject([{ id: '7' }]);
  expect(asked).toEqual(['first']);
});

test('a look and what was added share one attempt of a waiter, so no task is claimed twice for it', async () => {
  const room = new WaitingRoom({ max: 10, onCall: () => {} });
  const open = Promise.withResolvers<void>();
  let attempts = 0;
  const answered = room.wait({
    token: 't',
    want: {},
    attempt: async () => {
      attempts += 1;
      await open.promise;
      return [task(String(attempts))];
    },
    waitMs: 60_000,
    gone: new AbortController().signal,
    callsSeen: room.calls,
  });
  room.offer([{ agent: null, skill: null }]);
  const byLook = room.waiters().map((waiter) => waiter.try());
  room.offer([{ agent: null, skill: null }]);
  open.resolve();
  await expect(answered).resolves.toMatchObject([{ id: '1' }]);
  expect(await Promise.all(byLook)).toEqual(['tasks']);
  expect(attempts).toBe(1);
});

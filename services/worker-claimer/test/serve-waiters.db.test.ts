import { makeMetrics } from '@orchestra/service-shell';
import { claimTasks, enqueueTasks } from '@orchestra/task-queue';
import { newTask, type ClaimedTask } from '@orchestra/task-queue/contract';
import { testDatabase } from '@orchestra/testkit';
import { expect, test } from 'vitest';
import { makeQueueMetrics } from '../src/queue-metrics.ts';
import { serveWaiters } from '../src/waiting/serve-waiters.ts';
import { WaitingRoom, type Attempt } from '../src/waiting/waiting-room.ts';

const db = testDatabase();

test('a claim that fails in a line of waiters fails alone: those behind it are looked after at once', async () => {
  const metrics = makeQueueMetrics(makeMetrics('test'), { waiters: () => room.size, attachedFailing: () => 0 });
  const room: WaitingRoom = new WaitingRoom({ max: 10, onCall: () => {} });
  const wait = (attempt: Attempt): Promise<ClaimedTask[]> =>
    room.wait({
      want: {},
      attempt,
      waitMs: 60_000,
      token: 'test',
      gone: new AbortController().signal,
      callsSeen: room.calls,
    });
  const first = wait(() => Promise.reject(new Error('cut off')));
  const second = wait(() => claimTasks(db.pool, { worker: 'w-2', limit: 1 }));
  const [id] = await enqueueTasks(db.pool, [newTask.parse({})], 'test');
  const serve = () => serveWaiters(db.pool, room, metrics, null, null);
  const failed = first.then(
    () => 'answered',
    (error: unknown) => error,
  );
  expect(await serve(), 'the next look follows at once').toBe(0);
  expect(await failed).toMatchObject({ message: 'cut off' });
  await serve();
  expect(await second).toMatchObject([{ id }]);
  room.close();
});

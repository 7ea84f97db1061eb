import { expect, test, vi } from 'vitest';
import { ApiError } from '../wire/api-error.ts';
import { Reader } from './reader.ts';

const tick = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, 0);
  });

test('however often it is told while it reads, it reads once more afterwards, and never twice at once', async () => {
  let atOnce = 0;
  let most = 0;
  let readings = 0;
  const reader = new Reader(
    async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await tick();
      atOnce -= 1;
      return (readings += 1);
    },
    { gapMs: 0 },
  );
  for (let count = 0; count < 10; count += 1) reader.refresh();
  await vi.waitUntil(() => reader.state.value.value === 2);
  for (let count = 0; count < 10; count += 1) await tick();
  expect([readings, most]).toEqual([2, 1]);
});

test('an answer from memory that is older than the asking is read again, until it is young enough', async () => {
  const ages = [60_000, 60_000, 0, 60_000];
  const reader = new Reader(() => Promise.resolve({ age: ages.shift() ?? 0 }), {
    gapMs: 0,
    isOld: (value, askedMsAgo) => value.age > askedMsAgo + 30_000,
  });
  reader.refresh();
  await vi.waitUntil(() => ages.length === 1);
  for (let count = 0; count < 10; count += 1) await tick();
  expect(ages).toEqual([60_000]);
});

test('what was read stays when the next reading fails, with the trouble beside it', async () => {
  let readings = 0;
  const told: string[] = [];
  const options = {
    gapMs: 0,
    onTrouble: (trouble: ApiError) => {
      told.push(trouble.code);
    },
  };
  const reader = new Reader(
    () =>
      (readings += 1) === 1
        ? Promise.resolve('first')
        : Promise.reject(new ApiError('unreachable', 'The service does not answer.')),
    options,
  );
  reader.refresh();
  await vi.waitUntil(() => reader.state.value.value === 'first');
  reader.refresh();
  await vi.waitUntil(() => reader.state.value.trouble !== null);
  expect(reader.state.value).toMatchObject({
    value: 'first',
    busySinceMs: null,
    trouble: { message: 'The service does not answer.' },
  });
  expect(told).toEqual(['unreachable']);
});

test('stopped, it keeps nothing that comes afterwards', async () => {
  const answer = Promise.withResolvers<string>();
  const reader = new Reader(() => answer.promise, { gapMs: 0 });
  reader.refresh();
  reader.stop();
  answer.resolve('too late');
  await tick();
  expect(reader.state.value.value).toBeNull();
});

import { expect, test } from 'vitest';
import type { Sighting } from '@orchestra/task-queue';
import { Sightings } from './sightings.ts';

function book() {
  let news = 0;
  const written: (readonly Sighting[])[] = [];
  const sightings = new Sightings({
    onNew: () => {
      news += 1;
    },
  });
  return {
    sightings,
    written,
    news: () => news,
    write: (nowMs: number) =>
      sightings.writeDue((batch) => {
        written.push(batch);
        return Promise.resolve();
      }, nowMs),
  };
}

test('who is new is written at once, and who is known when that gets old', async () => {
  const { sightings, written, write, news } = book();
  sightings.see({ worker: 'w-1', host: 'h', skills: ['s'] }, 1_000);
  await write(2_000);
  expect(written).toEqual([
    [
      {
        worker: 'w-1',
        host: 'h',
        agents: null,
        skills: ['s'],
        wants: expect.stringMatching(/^[0-9a-f]{64}$/),
        agoSeconds: 1,
      },
    ],
  ]);
  sightings.see({ worker: 'w-1', host: 'h', skills: ['s'] }, 20_000);
  await write(30_000);
  expect(written).toHaveLength(1);
  await write(62_000);
  expect(written[1]).toMatchObject([{ worker: 'w-1', agoSeconds: 42 }]);
  expect(news()).toBe(1);
});

test('24 workers that wait are one statement a minute; and none, when none of them asks any more', async () => {
  const { sightings, written, write } = book();
  const ask = (nowMs: number): void => {
    for (let worker = 0; worker < 24; worker++) sightings.see({ worker: `w-${worker}` }, nowMs);
  };
  for (let minute = 0; minute < 5; minute++) {
    ask(minute * 60_000 + 10_000);
    await write(minute * 60_000 + 20_000);
    // Woken in between, as by a worker that is new.
    await write(minute * 60_000 + 35_000);
  }
  expect(written.map((batch) => batch.length)).toEqual([24, 24, 24, 24, 24]);
  await write(400_000);
  await write(500_000);
  expect(written).toHaveLength(5);
});

test('a worker that asks for several things is seen for each; the order of its labels makes no other', async () => {
  const { sightings, written, write } = book();
  sightings.see({ worker: 'w-1', skills: ['a', 'b'] }, 0);
  sightings.see({ worker: 'w-1', skills: ['b', 'a'] }, 0);
  sightings.see({ worker: 'w-1', agents: ['a', 'b'] }, 0);
  await write(0);
  expect(new Set(written[0]?.map(({ wants }) => wants)).size).toBe(2);
  expect(written[0]).toHaveLength(2);
});

test('what could not be written stays due', async () => {
  const { sightings, written, write } = book();
  sightings.see({ worker: 'w-1' }, 0);
  await expect(sightings.writeDue(() => Promise.reject(new Error('gone')), 0)).rejects.toThrow('gone');
  await write(1);
  expect(written).toHaveLength(1);
});

test('it holds so many at most, and writes so many at a time', async () => {
  const { sightings, written, write } = book();
  for (let worker = 0; worker < 10_050; worker++) sightings.see({ worker: `w-${worker}` }, worker);
  expect(await write(10_050)).toBe(9_000);
  expect(written[0]?.[0]).toMatchObject({ worker: 'w-50' });
  for (let left = 9_000; left > 0; left -= 1_000) expect(await write(10_050)).toBe(left - 1_000);
});

import { Writable } from 'node:stream';
import { until } from '@orchestra/testkit';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { startLoop } from './loop.ts';

test.each([
  ['42501', 50],
  ['57P01', 40],
])('a round that fails with SQLSTATE %s is told at level %i', async (code, level) => {
  const lines: string[] = [];
  const log = pino(
    {},
    new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    }),
  );
  const loop = startLoop({
    name: 'x',
    everyMs: 60_000,
    log,
    round: () => Promise.reject(Object.assign(new Error('permission denied for table task_lanes'), { code })),
  });
  await until('it is told', () => lines.length > 0);
  await loop.stop();
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level, msg: expect.stringContaining('x failed') });
});

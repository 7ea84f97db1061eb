import { expect, test } from 'vitest';
import { startParts } from './parts.ts';

test('parts stop in the reverse order, each of them, and what failed is told', async () => {
  const stopped: string[] = [];
  const running = await startParts(async (parts) => {
    for (const name of ['pool', 'replica', 'server']) {
      parts.add(name, () => {
        stopped.push(name);
        if (name === 'replica') throw new Error('stuck');
      });
    }
    return { url: 'x' };
  });
  await expect(running.stop()).rejects.toThrow('replica did not stop as it should');
  expect(stopped).toEqual(['server', 'replica', 'pool']);
  await running.stop();
  expect(stopped).toHaveLength(3);
});

test('a start that fails half way stops what had been started', async () => {
  const stopped: string[] = [];
  await expect(
    startParts(async (parts) => {
      parts.add('pool', () => {
        stopped.push('pool');
      });
      throw new Error('no port');
    }),
  ).rejects.toThrow('no port');
  expect(stopped).toEqual(['pool']);
});

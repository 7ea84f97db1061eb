import { expect, test, vi } from 'vitest';
import type { CanaryWay } from './canary.ts';
import type { Finding } from './finding.ts';
import { proveBrake } from './prove-brake.ts';

/** Over services that answer the claims so, one after the other, and nothing once these are used up. */
async function findings(...claims: readonly (boolean | undefined)[]): Promise<Finding[]> {
  const answers = [...claims];
  const way: CanaryWay = {
    pause: async () => ({ id: '1', settled: true }),
    add: async () => '7',
    claim: async () => (answers.shift() === true ? { id: '7', run_id: 'r' } : undefined),
    clear: async () => {},
    complete: async () => {},
    look: async () => ({ status: 'queued', worker: null }),
    park: async () => {},
    listen: async () => async () => 3,
  };
  const found: Finding[] = [];
  await proveBrake(way, new AbortController().signal, (finding) => found.push(finding));
  return found.filter(({ check }) => check === 'brake');
}

test('a task that the sweep still holds for a moment after its pause was cleared has started again', async () => {
  expect(await findings(undefined, undefined, undefined, true)).toMatchObject([
    { outcome: 'ok', says: expect.stringContaining('claimed once the pause was cleared') },
  ]);
});

test('one that is claimed by nobody for five seconds has not', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  const found = findings();
  const passing = setInterval(() => vi.advanceTimersByTime(1_000), 20);
  expect(
    await found.finally(() => {
      clearInterval(passing);
      vi.useRealTimers();
    }),
  ).toMatchObject([{ outcome: 'failed', says: expect.stringContaining('does not start again') }]);
});

test('one that is claimed while it is paused is told', async () => {
  expect(await findings(true)).toMatchObject([{ outcome: 'failed', says: 'A PAUSED TASK WAS CLAIMED' }]);
});

import { expect, test } from 'vitest';
import { cpuTimeUs } from './cpu-time.ts';

test.runIf(process.platform === 'linux')(
  'the time of a process grows with what it does; one that is gone has none',
  async () => {
    const before = await cpuTimeUs(process.pid);
    for (let sum = 0; sum < 20_000_000; sum++);
    const after = await cpuTimeUs(process.pid);
    expect(after).toBeGreaterThan(before ?? Infinity);
    expect(await cpuTimeUs(0)).toBeUndefined();
  },
);

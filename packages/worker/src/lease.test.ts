import { ApiError } from '@orchestra-brake/client';
import { describe, expect, test } from 'vitest';
import { Lease } from './lease.ts';

const LEASE_MS = 60;

/** A lease whose heartbeats are answered by `answer`, and the first thing that it tells. */
function leaseOver(answer: (beats: number) => Promise<{ lease_seconds: number }>) {
  const told = Promise.withResolvers<string>();
  let beats = 0;
  let failures = 0;
  const lease = new Lease({
    leaseMs: LEASE_MS,
    beat: () => answer(++beats),
    onLost: (error) => told.resolve(`lost: ${error.detail}`),
    onLapsed: (silentMs) => told.resolve(`lapsed: ${silentMs >= LEASE_MS}`),
    onFailed: () => {
      failures += 1;
    },
  });
  return { lease, told: told.promise, seen: () => ({ beats, failures }) };
}

describe('a lease', () => {
  test('is kept by heartbeats, also through one that failed', async () => {
    const tenth = Promise.withResolvers<void>();
    const { lease, seen } = leaseOver(async (beats) => {
      if (beats === 10) tenth.resolve();
      if (beats === 2) throw new Error('the network blinked');
      return { lease_seconds: LEASE_MS / 1_000 };
    });
    await tenth.promise;
    lease.end();
    expect(seen()).toEqual({ beats: 10, failures: 1 });
  });

  test('P10 is over when the service says so, with its reason', async () => {
    const refused = new ApiError({
      type: 't',
      title: 't',
      status: 409,
      code: 'run_not_owner',
      detail: 'the run was reaped at noon',
    });
    const { told, seen } = leaseOver(async (beats) => {
      if (beats === 2) throw refused;
      return { lease_seconds: LEASE_MS / 1_000 };
    });
    await expect(told).resolves.toBe('lost: the run was reaped at noon');
    expect(seen()).toEqual({ beats: 2, failures: 0 });
  });

  test('P10 has lapsed when no heartbeat was answered for its whole length', async () => {
    const { told, lease } = leaseOver(async () => {
      throw new Error('nobody there');
    });
    await expect(told).resolves.toBe('lapsed: true');
    lease.end();
  });

  test('P10 has lapsed after a suspension of the machine, which no timer has counted', () => {
    const at = { ms: 0 };
    const lease = new Lease({
      leaseMs: 60_000,
      beat: async () => ({ lease_seconds: 60 }),
      onLost: () => {},
      onLapsed: () => {},
      onFailed: () => {},
      now: () => at.ms,
    });
    expect(lease.lapsed).toBe(false);
    at.ms += 3_600_000;
    expect(lease.lapsed).toBe(true);
    lease.end();
  });
});

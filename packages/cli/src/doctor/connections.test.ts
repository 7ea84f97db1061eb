import { expect, test } from 'vitest';
import { judgeConnections } from './connections.ts';

const ONE_EACH = { 'pause-api': 1, 'worker-claimer': 1, 'alert-cascade': 1 };

test('the pools of all running services are added up, and have to fit beside the others', () => {
  expect(judgeConnections({ open: 97, reserved: 0, taken: 5, instances: ONE_EACH })).toMatchObject({
    outcome: 'ok',
    says: expect.stringContaining('may open 61 connections'),
  });
  expect(judgeConnections({ open: 62, reserved: 0, taken: 5, instances: ONE_EACH })).toMatchObject({
    outcome: 'warning',
    fix: expect.stringContaining('max_connections'),
  });
  expect(
    judgeConnections({
      open: 17,
      reserved: 3,
      taken: 0,
      instances: { 'pause-api': 1, 'worker-claimer': 2, 'alert-cascade': 0 },
    }),
  ).toMatchObject({
    outcome: 'warning',
    says: expect.stringMatching(/1 pause-api of 25, 2 worker-claimer of 24.*keeps 3 in reserve/),
  });
});

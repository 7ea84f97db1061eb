import { expect, test } from 'vitest';
import { givenQueue } from './given-queue.ts';

const given = {
  table: 'work',
  waiting: 'status=queued, retry',
  running: 'locked_at IS NOT NULL',
  agent: 'payload.agent id',
};

test('conditions and places as people write them', () => {
  expect(givenQueue({ ...given, claimText: 'for update  skip locked', wakeChannel: 'new_work' })).toMatchObject({
    schema: 'public',
    table: 'work',
    id: 'id',
    waiting: [{ column: 'status', in: ['queued', 'retry'] }],
    running: [{ column: 'locked_at', is: 'not null' }],
    labels: { agent: [{ column: 'payload', key: 'agent id' }], skill: [] },
    claimText: 'for\\s+update\\s+skip\\s+locked',
    wake: { channel: 'new_work' },
  });
});

test.each([
  [{ table: 'a.b.c' }],
  [{ table: '"odd"' }],
  [{ waiting: 'status' }],
  [{ waiting: 'status <> 1' }],
  [{ running: "status = 'a' or status = 'b'" }],
  [{ agent: '->>' }],
  [{ agent: undefined }],
])('%j is refused', (change) => {
  expect(() => givenQueue({ ...given, ...change })).toThrow(
    expect.objectContaining({ code: 'description_not_understood' }),
  );
});

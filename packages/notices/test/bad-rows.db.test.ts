import { sequenceEvents } from '@orchestra/pause-core';
import { SENATE_EVENT_TYPES } from '@orchestra/pause-core/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { registerTarget, sendRound, targetStates, type NoticeTarget } from '../src/index.ts';
import { Receiver } from './receiver.ts';

const database = testDatabase();
let receiver: Receiver;
let target: NoticeTarget;

beforeEach(async () => {
  receiver = await Receiver.start();
  target = {
    name: 'chat',
    kind: 'slack',
    url: receiver.url,
    keys: [],
    routingKey: undefined,
    types: new Set(SENATE_EVENT_TYPES),
    scopes: [],
    minSeverity: 'low',
    allowPrivate: true,
  };
  await registerTarget(database.pool, target);
});
afterEach(() => receiver.close());

async function send(): Promise<number | undefined> {
  const nothing = (): void => {};
  while ((await sequenceEvents(database.pool)) > 0);
  const round = (): Promise<number | undefined> =>
    sendRound({
      db: database.pool,
      target,
      reports: { delivered: nothing, failed: nothing, givenUp: nothing, gone: nothing },
      signal: new AbortController().signal,
      wait: { noticeMs: () => 0, targetMs: () => 0 },
    });
  for (;;) {
    const nextMs = await round();
    if (nextMs === undefined || nextMs > 0) return nextMs;
  }
}
const pause = (value: string) =>
  database.pool.query("insert into senate_pause (scope_kind, scope_value) values ('agent', $1)", [value]);
const texts = (): string[] => receiver.accepted.map(({ body }) => (body as unknown as { text: string }).text);

test('events that nobody can word are given up by name, and hold up no other', async () => {
  for (const type of ['pause.created', 'alert.created']) {
    await database.pool.query('insert into senate_events (type, data) select $1, d from unnest($2::jsonb[]) d', [
      type,
      ['{}', 'null', '7', '"x"', '[]', '{"scope_kind": "agent"}'],
    ]);
  }
  await pause('after');
  await send();
  expect(texts()).toEqual([expect.stringContaining('agent after paused')]);
  expect(await targetStates(database.pool, ['chat'])).toMatchObject([
    { delivered: 1, givenUp: 12, backlog: 0, lastFailure: expect.stringContaining('cannot be told') },
  ]);
});

test('a notice and a target with instants that nobody can hold are listed, and hold up no other', async () => {
  receiver.answers = (_told, response) => {
    response.statusCode = 422;
  };
  await pause('stuck');
  await send();
  await database.pool.query("update notice_deliveries set next_try_at = 'infinity', at = 'infinity'");
  receiver.answers = (_told, response) => {
    response.statusCode = 204;
  };
  await pause('free');
  await send();
  expect(texts().filter((text) => text.includes('free'))).toHaveLength(1);
  await registerTarget(database.pool, { ...target, name: 'odd' });
  await database.pool.query(
    `update notice_targets set last_success_at = '-infinity', last_failure_at = '0044-03-15 BC',
       resting_until = 'infinity', gone_at = 'infinity', seen_at = 'infinity'
       where name = 'odd'`,
  );
  const states = await targetStates(database.pool, ['chat', 'odd']);
  expect(states.map(({ name }) => name)).toEqual(['chat', 'odd']);
  for (const { goneAt, restingUntil, lastSuccessAt, lastFailureAt, oldestAt } of states) {
    for (const at of [goneAt, restingUntil, lastSuccessAt, lastFailureAt, oldestAt])
      expect(at?.toISOString() ?? '2026').toMatch(/^\d{4}/);
  }
  // The target whose time never comes does not stop the sending to it either: it is left alone.
  expect(
    await sendRound({
      db: database.pool,
      target: { ...target, name: 'odd' },
      reports: { delivered: () => {}, failed: () => {}, givenUp: () => {}, gone: () => {} },
      signal: new AbortController().signal,
    }),
  ).toBeUndefined();
});

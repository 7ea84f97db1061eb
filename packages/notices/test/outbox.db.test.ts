import { randomUUID } from 'node:crypto';
import { sequenceEvents } from '@orchestra/pause-core';
import { SENATE_EVENT_TYPES } from '@orchestra/pause-core/contract';
import { testDatabase } from '@orchestra/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  registerTarget,
  resumeTarget,
  sendRound,
  targetStates,
  type NoticeReports,
  type NoticeTarget,
  type SendRoundOptions,
} from '../src/index.ts';
import { takeDue } from '../src/outbox/take-due.ts';
import { takeNews } from '../src/outbox/take-news.ts';
import { signature } from '../src/shapes/standard.ts';
import { Receiver } from './receiver.ts';

const database = testDatabase();
const KEY = Buffer.alloc(32, 3);
let receiver: Receiver;
let target: NoticeTarget;
let made = 0;
let reports: string[];

beforeEach(async () => {
  receiver = await Receiver.start();
  target = {
    name: `t${++made}`,
    kind: 'standard',
    url: receiver.url,
    keys: [KEY],
    routingKey: undefined,
    types: new Set(SENATE_EVENT_TYPES),
    scopes: [],
    minSeverity: 'low',
    allowPrivate: true,
  };
  reports = [];
  await place();
  await registerTarget(database.pool, target);
});
afterEach(() => receiver.close());

const place = async (): Promise<void> => {
  while ((await sequenceEvents(database.pool)) > 0);
};
const said: NoticeReports = {
  delivered: () => {},
  failed: (name, { notice }, why) => reports.push(`${name} failed ${notice.event.type}: ${why}`),
  givenUp: (name, count, why) => reports.push(`${name} gave up ${count}: ${why}`),
  gone: (name, why) => reports.push(`${name} gone: ${why}`),
};

async function pause(value: string): Promise<string> {
  const { rows } = await database.pool.query<{ id: string }>(
    "insert into senate_pause (scope_kind, scope_value) values ('agent', $1) returning id",
    [value],
  );
  return `pauses/${rows[0]?.id}`;
}
const clear = (value: string) =>
  database.pool.query(
    "update senate_pause set cleared_at = now(), cleared_by = 'test' where scope_value = $1 and cleared_at is null",
    [value],
  );
const alerts = (count: number) =>
  database.pool.query("insert into senate_alerts (kind, ref_id) select 'k', 'a' || n from generate_series(1, $1) n", [
    count,
  ]);

/** Rounds until nothing is due at once. No wait is longer than a test cares to wait, unless it says so. */
async function send(options: Partial<SendRoundOptions> = {}, name = target): Promise<void> {
  await place();
  const round = (): Promise<number | undefined> =>
    sendRound({
      db: database.pool,
      target: name,
      reports: said,
      signal: new AbortController().signal,
      wait: { noticeMs: () => 0, targetMs: () => 0 },
      ...options,
    });
  for (let nextMs = await round(); nextMs !== undefined && nextMs <= 0;) nextMs = await round();
}

const state = async (name = target.name) => {
  const [known] = await targetStates(database.pool, [name]);
  if (known === undefined) throw new Error(`${name} is not known`);
  return known;
};
const history = async (): Promise<unknown[]> =>
  (
    await database.pool.query(
      "select action, why, data from senate_audit where subject_kind = 'notice_target' and subject_id = $1 order by id",
      [target.name],
    )
  ).rows;

describe('what is told', () => {
  test('every event, in order, signed, once', async () => {
    const subject = await pause('one');
    await clear('one');
    await send();
    await send();
    expect(receiver.told).toEqual([`pause.created ${subject}`, `pause.cleared ${subject}`]);
    for (const { headers, body } of receiver.accepted) {
      expect(headers['webhook-id']).toBe(`orchestra-event-${body.id}`);
      expect(headers['webhook-signature']).toBe(
        signature(KEY, String(headers['webhook-id']), Number(headers['webhook-timestamp']), JSON.stringify(body)),
      );
    }
    await expect(state()).resolves.toMatchObject({
      delivered: 2,
      backlog: 0,
      givenUp: 0,
      lastSuccessAt: expect.any(Date),
    });
  });

  test('not what happened before the target was there, and not what it does not want', async () => {
    await pause('before');
    await place();
    target = {
      ...target,
      name: `${target.name}-new`,
      types: new Set(['pause.created']),
      scopes: [
        { kind: 'agent', value: 'wanted' },
        { kind: 'actor', value: undefined },
      ],
    };
    await registerTarget(database.pool, target);
    const wanted = await pause('wanted');
    await pause('other');
    await clear('wanted');
    await alerts(1);
    await send();
    expect(receiver.told).toEqual([`pause.created ${wanted}`]);
  });

  test('what a pager has no word for is passed over, and counts neither as delivered nor as a success of a target that fails', async () => {
    target = { ...target, kind: 'pagerduty', keys: [], routingKey: 'R'.repeat(32) };
    receiver.answers = (_told, response) => {
      response.statusCode = 422;
    };
    await pause('refused');
    await database.pool.query(
      `insert into senate_events (type, data)
         values ('pause.quiet', '{"id": "999999", "scope_kind": "agent", "scope_value": "calm"}')`,
    );
    await send({ wait: { noticeMs: () => 60_000, targetMs: () => 0 } });
    expect(receiver.asked).toHaveLength(1);
    await expect(state()).resolves.toMatchObject({ backlog: 1, delivered: 0, givenUp: 0, lastSuccessAt: null });
  });

  test('an acknowledged alert', async () => {
    await alerts(1);
    await database.pool.query(
      "update senate_alerts set ack_at = now(), ack_by = 'dana' where id = (select max(id) from senate_alerts)",
    );
    await send();
    expect(receiver.told.map((line) => line.split(' ')[0])).toEqual(['alert.created', 'alert.acknowledged']);
  });
});

describe('a receiver that fails', () => {
  test('is tried again under the same id; a later word about the same pause waits, others do not', async () => {
    const [stuck, free] = [await pause('stuck'), await pause('free')];
    await clear('stuck');
    let refusals = 0;
    receiver.answers = ({ body }, response) => {
      response.statusCode = body.subject === stuck && refusals++ < 3 ? 422 : 204;
    };
    await send();
    expect(receiver.told).toEqual([`pause.created ${free}`, `pause.created ${stuck}`, `pause.cleared ${stuck}`]);
    const ids = receiver.asked.filter(({ body }) => body.subject === stuck).map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 4)).size).toBe(1);
    expect(ids).toHaveLength(5);
  });

  test('is left alone for as long as it asks, and then for all notices', async () => {
    receiver.answers = (_told, response) => {
      response.statusCode = 503;
      response.setHeader('retry-after', '600');
    };
    await pause('one');
    await send();
    await pause('two');
    await send();
    expect(receiver.asked).toHaveLength(1);
    const { restingUntil, lastFailure } = await state();
    expect(lastFailure).toBe('503: so be it');
    const {
      rows: [left],
    } = await database.pool.query<{ seconds: number }>(
      'select extract(epoch from $1::timestamptz - now())::float8 as seconds',
      [restingUntil],
    );
    expect(left?.seconds).toBeGreaterThan(500);
    receiver.answers = (_told, response) => {
      response.statusCode = 204;
    };
    await resumeTarget(database.pool, { name: target.name, by: 'dana' });
    await send();
    expect(receiver.accepted).toHaveLength(2);
    await expect(history()).resolves.toMatchObject([{ action: 'notice_target.resumed' }]);
  });

  test('is given up after so many tries, which history says; what comes behind is sent', async () => {
    const lost = await pause('lost');
    await clear('lost');
    receiver.answers = ({ body }, response) => {
      response.statusCode = body.type === 'orchestra.pause.created' ? 500 : 204;
    };
    await send();
    expect(receiver.asked.filter(({ body }) => body.type === 'orchestra.pause.created')).toHaveLength(15);
    expect(receiver.told).toEqual([`pause.cleared ${lost}`]);
    expect(reports.at(-1)).toBe(`${target.name} gave up 1: 15 tries, the last one: 500: so be it`);
    await expect(state()).resolves.toMatchObject({ givenUp: 1, delivered: 1, backlog: 0 });
    await expect(history()).resolves.toMatchObject([
      {
        action: 'notice.given_up',
        why: '15 tries, the last one: 500: so be it',
        data: { subject: lost, type: 'pause.created', tries: 15 },
      },
    ]);
  });

  test('what could not be sent within a day is given up', async () => {
    receiver.answers = (_told, response) => {
      response.statusCode = 503;
    };
    await pause('old');
    await send({ wait: { noticeMs: () => 0, targetMs: () => 60_000 } });
    await database.pool.query("update notice_deliveries set at = now() - interval '25 hours' where target = $1", [
      target.name,
    ]);
    await send();
    await expect(state()).resolves.toMatchObject({ givenUp: 1, backlog: 0 });
    expect(reports.at(-1)).toBe(`${target.name} gave up 1: could not be sent within a day`);
    await expect(history()).resolves.toMatchObject([
      { action: 'notice.given_up', why: 'could not be sent within a day' },
    ]);
  });

  test('refused for good, as Slack says it: given up at once', async () => {
    target = { ...target, kind: 'slack' };
    receiver.answers = (_told, response) => {
      response.statusCode = 400;
    };
    await pause('odd');
    await send();
    expect(receiver.asked).toHaveLength(1);
    await expect(state()).resolves.toMatchObject({ givenUp: 1, backlog: 0 });
  });
});

describe('410 Gone', () => {
  beforeEach(async () => {
    receiver.answers = (_told, response) => {
      response.statusCode = 410;
    };
    await pause(`gone-${made}`);
    await pause(`gone-too-${made}`);
    await send();
  });

  test('switches the target off, with one alert and a line of history; nothing is thrown away', async () => {
    await pause(`later-${made}`);
    await send();
    const asked = receiver.asked.length;
    expect(asked).toBeLessThanOrEqual(2); // both were on their way
    await expect(state()).resolves.toMatchObject({ goneAt: expect.any(Date), backlog: 2 });
    const { rows } = await database.pool.query(
      "select severity, ref_id from senate_alerts where kind = 'notice_target_gone' and details ->> 'target' = $1",
      [target.name],
    );
    expect(rows).toEqual([{ severity: 'high', ref_id: null }]);
    await expect(history()).resolves.toMatchObject([{ action: 'notice_target.gone', why: '410: so be it' }]);
    expect(reports.filter((report) => report.includes('gone:'))).toHaveLength(1);
  });

  test.each([
    [
      'a person who says so',
      async () => {
        await resumeTarget(database.pool, { name: target.name, by: 'dana' });
      },
    ],
    [
      'another address in the configuration',
      async () => {
        target = { ...target, url: new URL('/elsewhere', target.url) };
        await registerTarget(database.pool, target);
      },
    ],
  ])('%s switches it on again, and what waited is sent', async (_name, switchOn) => {
    receiver.answers = (_told, response) => {
      response.statusCode = 204;
    };
    await registerTarget(database.pool, target); // a restart with the same configuration
    await send();
    expect(receiver.accepted).toEqual([]);
    await switchOn();
    await send();
    expect(receiver.told.filter((line) => line.startsWith('pause.created'))).toHaveLength(2);
  });
});

describe('nothing is lost and nothing skipped', () => {
  test('a process that dies with a notice in its hands: another sends it, under the same id', async () => {
    await pause('orphan');
    await place();
    await takeNews(database.pool, target);
    const [held] = await takeDue(database.pool, target.name, 4, randomUUID());
    expect(held).toMatchObject({ tries: 1 });
    await send();
    expect(receiver.asked).toEqual([]);
    await database.pool.query('update notice_deliveries set held_until = now() where target = $1', [target.name]);
    await send();
    expect(receiver.accepted.map(({ headers }) => headers['webhook-id'])).toEqual([
      `orchestra-event-${held?.notice.eventId}`,
    ]);
  });

  test('a service that stops hands back what it holds, and no try is counted', async () => {
    await pause('stopping');
    const stopping = new AbortController();
    receiver.answers = () => stopping.abort();
    await send({ signal: stopping.signal });
    const { rows } = await database.pool.query('select tries, held_by from notice_deliveries where target = $1', [
      target.name,
    ]);
    expect(rows).toEqual([{ tries: 0, held_by: null }]);
    expect(reports).toEqual([]);
  });

  test('several processes share the work: each event once, each pause in order', async () => {
    for (let n = 0; n < 30; n += 1) {
      await pause(`shared-${n}`);
      await clear(`shared-${n}`);
    }
    await place();
    await Promise.all([send(), send(), send()]);
    await send();
    expect(receiver.told).toHaveLength(60);
    const bySubject = Map.groupBy(receiver.accepted, ({ body }) => body.subject);
    for (const told of bySubject.values())
      expect(told.map(({ body }) => body.type)).toEqual(['orchestra.pause.created', 'orchestra.pause.cleared']);
    await expect(state()).resolves.toMatchObject({ delivered: 60, backlog: 0 });
  });

  test('a flood fills the outbox to its limit; the rest stays behind the cursor and is sent later', async () => {
    receiver.answers = (_told, response) => {
      response.statusCode = 503;
    };
    await alerts(1_600);
    await send({ wait: { noticeMs: () => 0, targetMs: () => 60_000 } });
    for (let round = 0; round < 4; round += 1) await send({ wait: { noticeMs: () => 0, targetMs: () => 60_000 } });
    await expect(state()).resolves.toMatchObject({ backlog: 1_000 });
    receiver.answers = (_told, response) => {
      response.statusCode = 204;
    };
    await resumeTarget(database.pool, { name: target.name, by: 'dana' });
    await send();
    expect(new Set(receiver.accepted.map(({ body }) => body.id)).size).toBe(1_600);
  }, 60_000);

  test('a database that was put back to an earlier state and has caught up: what happened later than what was told last is told', async () => {
    await pause('old');
    await send();
    const told = receiver.told.length;
    await database.pool.query('truncate senate_events');
    await database.pool.query('alter sequence senate_event_position restart');
    const later = [];
    for (let n = 0; n < 60; n++) later.push(`pause.created ${await pause(`later ${n}`)}`);
    await send();
    expect(receiver.told.slice(told)).toEqual(later);
  });

  test('a database that was put back to an earlier state: the cursor goes back with it', async () => {
    await pause('before');
    await send();
    await database.pool.query('truncate senate_events');
    await database.pool.query('alter sequence senate_event_position restart');
    await send();
    await pause('anew');
    await send();
    expect(receiver.accepted).toHaveLength(2);
  });
});

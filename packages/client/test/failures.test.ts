import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AnswerError, ApiError, ConnectionError, createClient } from '../src/index.ts';
import { breakOff, hang, json, MisbehavingPeer, problem, reset } from './misbehaving-peer.ts';

const noPauses = { pauses: [], next_cursor: null };
const alert = {
  id: '7',
  kind: 'k',
  ref_id: 'u-1',
  severity: 'low',
  details: null,
  created_at: null,
  ack_at: null,
  ack_by: null,
  resolved_at: null,
  fed: null,
};

let peer: MisbehavingPeer;
let client: ReturnType<typeof createClient>;
beforeAll(async () => {
  peer = await MisbehavingPeer.start();
  client = createClient({ url: `${peer.url}/`, tasksUrl: peer.url, token: 'orc_t' });
});
afterAll(() => peer.close());

const keys = () => peer.received.map((request) => request.headers['idempotency-key']);

describe('a call', () => {
  test('carries the token, and a change carries an Idempotency-Key', async () => {
    peer.answers(json(noPauses));
    await client.pauses({ scope_kind: 'agent', limit: 3 });
    peer.answers(json(alert), json(alert));
    await client.recordAlert({ kind: 'k', ref_id: 'u-1' });
    await client.recordAlert({ kind: 'k', ref_id: 'u-1' }, { idempotencyKey: 'mine' });
    expect(peer.received[0]?.headers).toMatchObject({
      authorization: 'Bearer orc_t',
      'content-type': 'application/json',
    });
    expect(keys()).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), 'mine']);
  });

  test('is repeated after a reset, a broken answer and a 503, as the same change each time', async () => {
    peer.answers(reset, breakOff, problem(503, 'database_unavailable', { 'retry-after': '0' }), json(alert));
    await expect(client.recordAlert({ kind: 'k', ref_id: 'u-1' })).resolves.toEqual(alert);
    expect(peer.received).toHaveLength(4);
    expect(new Set(keys()).size).toBe(1);
  });

  test('is repeated while its first try is still being carried out', async () => {
    peer.answers(problem(409, 'idempotency_key_in_use'), json(alert));
    await expect(client.ackAlert('7')).resolves.toEqual(alert);
  });

  test('that claims is sent once, unless it has a key under which it gets the same tasks again', async () => {
    const request = { worker: 'w' };
    peer.answers(reset, json({ tasks: [] }));
    await expect(client.claim(request)).rejects.toMatchObject({ failure: 'cut_off' });
    expect(peer.received.map((received) => received.headers['idempotency-key'])).toEqual([undefined]);
    peer.answers(reset, json({ tasks: [] }));
    await expect(client.claim(request, { idempotencyKey: 'mine' })).resolves.toEqual({ tasks: [] });
    expect(keys()).toEqual(['mine', 'mine']);
  });

  test('is not held up by a Retry-After beyond all patience', async () => {
    peer.answers(problem(503, 'database_unavailable', { 'retry-after': '3600' }));
    await expect(client.pauses()).rejects.toMatchObject({ code: 'database_unavailable', retryAfterMs: 3_600_000 });
    expect(peer.received).toHaveLength(1);
  });

  test('gives up after a bounded number of tries', async () => {
    peer.answers(reset);
    await expect(client.pauses({}, { triesMax: 3 })).rejects.toMatchObject({
      name: 'ConnectionError',
      failure: 'cut_off',
    });
    expect(peer.received).toHaveLength(3);
  });

  test('has a time limit, and says who did not answer', async () => {
    peer.answers(hang);
    const asked = client.pauses({}, { timeLimitMs: 50.3, triesMax: 1 });
    await expect(asked).rejects.toMatchObject({
      name: 'ConnectionError',
      failure: 'timed_out',
      message: expect.stringContaining(`pause-api at ${peer.url}`),
    });
  });

  test('ends at once when its signal says so, with the reason of the signal', async () => {
    peer.answers(hang);
    const stop = new AbortController();
    const asked = client.pauses({}, { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    peer.answers(problem(503, 'database_unavailable', { 'retry-after': '20' }));
    await expect(client.pauses({}, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test.each([
    [{ score: Number.NaN }, 'details.score is NaN'],
    [{ at: [0, -0] }, 'details.at[1] is -0'],
    [{ most: Number.POSITIVE_INFINITY }, 'details.most is Infinity'],
  ])('with what JSON would change (%j) is not sent, and names the field', async (details, says) => {
    peer.answers(json(alert));
    await expect(client.recordAlert({ kind: 'k', ref_id: 'u-1', details })).rejects.toThrow(
      expect.objectContaining({ name: 'UnwritableError', message: expect.stringContaining(says) }),
    );
    expect(peer.received).toHaveLength(0);
  });

  test('that nobody takes says what to do', async () => {
    const nobody = createClient({ url: 'http://127.0.0.1:1', tasksUrl: 'http://127.0.0.1:1' });
    const asked = nobody.queue({ triesMax: 1 });
    await expect(asked).rejects.toBeInstanceOf(ConnectionError);
    await expect(asked).rejects.toThrow(
      'cannot reach worker-claimer at http://127.0.0.1:1 (connect ECONNREFUSED 127.0.0.1:1); is it running?',
    );
  });
});

describe('a refusal', () => {
  test('is an ApiError with its code, every field, and the request id; it is not repeated', async () => {
    peer.answers(
      problem(
        422,
        'invalid_request',
        {},
        { errors: [{ field: 'reason', message: 'must not be blank' }], instance: 'r-9' },
      ),
    );
    const refused = await client
      .pause({ scope_kind: 'agent', scope_value: 'x', reason: ' ' })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApiError);
    expect(refused).toMatchObject({
      code: 'invalid_request',
      status: 422,
      requestId: 'r-9',
      fields: [{ field: 'reason', message: 'must not be blank' }],
      message: 'because of invalid_request; reason: must not be blank',
    });
    expect(peer.received).toHaveLength(1);
  });

  test.each([
    ['a code outside the closed list', problem(418, 'teapot')],
    [
      'a page of a proxy',
      (response) => {
        response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>nginx</h1>');
      },
    ],
    [
      'a redirection',
      (response) => {
        response.writeHead(301, { location: 'https://elsewhere.example/' }).end();
      },
    ],
    ['an answer in other words', json({ pauses: 'none' })],
    [
      'an answer that is no JSON',
      (response) => {
        response.writeHead(200).end('it works!');
      },
    ],
  ] satisfies [string, Parameters<MisbehavingPeer['answers']>[0]][])(
    '%s is an AnswerError that names the address',
    async (_what, behaviour) => {
      peer.answers(behaviour);
      const asked = client.pauses();
      await expect(asked).rejects.toBeInstanceOf(AnswerError);
      await expect(asked).rejects.toThrow(peer.url);
      expect(peer.received).toHaveLength(1);
    },
  );
});

test('all pauses are all of them or an error, never the first page alone', async () => {
  const pause = {
    id: '1',
    scope_kind: 'agent',
    scope_value: 'a',
    reason: 'r',
    source: 'person',
    paused_at: '2026-11-21T03:00:00.000Z',
    paused_by: 'p',
    ttl_seconds: null,
    expires_at: null,
    cleared_at: null,
    cleared_by: null,
    quiet_at: null,
    age_seconds: 1,
    remaining_seconds: null,
    in_flight_count: 0,
    claimed_ahead_count: 0,
    queued: 0,
    quiet: true,
  };
  peer.answers(
    json({ pauses: [pause], next_cursor: 'n' }),
    json({ pauses: [{ ...pause, id: '2' }], next_cursor: null }),
  );
  await expect(client.allPauses()).resolves.toMatchObject([{ id: '1' }, { id: '2' }]);
  expect(peer.received[1]?.path).toContain('cursor=n');
  peer.answers(json({ pauses: [pause], next_cursor: 'n' }), problem(500, 'internal_error'));
  await expect(client.allPauses()).rejects.toMatchObject({ code: 'internal_error' });
});

test('an address that is none is refused when the client is made', () => {
  expect(() => createClient({ url: 'localhost:4400', tasksUrl: 'http://b' })).toThrow('not an address of pause-api');
});

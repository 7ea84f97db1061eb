import type { ServerResponse } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient, type ReceivedEvent, type StreamState } from '../src/index.ts';
import { MisbehavingPeer, problem, reset, type Behaviour } from './misbehaving-peer.ts';

let peer: MisbehavingPeer;
let stop: AbortController;
beforeAll(async () => {
  peer = await MisbehavingPeer.start();
});
afterAll(() => peer.close());
afterEach(() => stop.abort());

const event = (type: string, data: unknown, more: Record<string, unknown> = {}) =>
  `event: ${type}\ndata: ${JSON.stringify({
    specversion: '1.0',
    id: `of ${type}`,
    source: '/orchestra/senate',
    type: `orchestra.${type}`,
    time: '2026-11-21T03:00:00.000Z',
    datacontenttype: 'application/json',
    data,
    ...more,
  })}\n`;
const snapshot = event('snapshot', { pauses: [] });
const alert = (id: number) => ({
  id: String(id),
  kind: 'k',
  ref_id: 'u',
  severity: 'low',
  details: null,
  created_at: null,
  ack_at: null,
  ack_by: null,
});
const alertOf = (id: number) => event('alert.created', alert(id));

/** Opens a stream, sends these messages, and does `then`. */
const stream =
  (messages: string[], then: (response: ServerResponse) => void = () => {}): Behaviour =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(`retry: 10\n\n${messages.map((message) => `${message}\n`).join('')}`, () => then(response));
  };
/** The blank line that would end it is missing. */
const HALF_OF_6 = 'id: 6\nevent: alert.created\ndata: {"half":';
const cut = (response: ServerResponse) => {
  response.socket?.destroy();
};

function follow(options: { lastEventId?: string; silenceMaxMs?: number } = {}) {
  stop = new AbortController();
  const states: StreamState[] = [];
  const client = createClient({ url: peer.url, tasksUrl: peer.url, token: 'orc_t' });
  const events = client.events({ ...options, signal: stop.signal, onState: (state) => states.push(state) });
  const take = async (count: number): Promise<ReceivedEvent[]> => {
    const taken: ReceivedEvent[] = [];
    while (taken.length < count) {
      const { value, done } = await events.next();
      if (done) break;
      taken.push(value);
    }
    return taken;
  };
  return { take, states, events, resumedFrom: () => peer.received.map((request) => request.headers['last-event-id']) };
}

describe('the event stream', () => {
  test('begins with a snapshot and hands out every event with the id to resume behind', async () => {
    peer.answers(stream([`id: 4\n${snapshot}`, `id: 5\n${alertOf(1)}`]));
    const { take } = follow();
    await expect(take(2)).resolves.toMatchObject([
      { id: '4', event: { type: 'snapshot', data: { pauses: [] } } },
      { id: '5', event: { type: 'alert.created', data: { id: '1' } } },
    ]);
    expect(peer.received[0]?.headers).toMatchObject({ accept: 'text/event-stream', authorization: 'Bearer orc_t' });
  });

  test('resumes behind the last event after being cut, refused and restarted; nothing is handed out twice', async () => {
    peer.answers(
      stream([`id: 4\n${snapshot}`, `id: 5\n${alertOf(1)}`, HALF_OF_6], cut),
      reset,
      problem(503, 'database_unavailable', { 'retry-after': '0' }),
      problem(429, 'too_many_streams'),
      problem(500, 'internal_error'),
      stream([`id: 6\n${alertOf(2)}`]),
    );
    const { take, states, resumedFrom } = follow();
    const events = await take(3);
    expect(events.map((event) => event.id)).toEqual(['4', '5', '6']);
    expect(resumedFrom()).toEqual([undefined, '5', '5', '5', '5', '5']);
    expect(states.filter(({ state }) => state === 'connected')).toHaveLength(2);
    expect(states.filter(({ state }) => state === 'disconnected')).toHaveLength(5);
  });

  test('is opened anew when the service ends it in good order', async () => {
    peer.answers(
      stream([`id: 1\n${snapshot}`], (response) => {
        response.end();
      }),
      stream([`id: 2\n${alertOf(1)}`]),
    );
    const { take, resumedFrom } = follow();
    await take(2);
    expect(resumedFrom()).toEqual([undefined, '1']);
  });

  test('counts as dead when not even a heartbeat comes any more', async () => {
    peer.answers(stream([`id: 1\n${snapshot}`]), stream([`id: 2\n${alertOf(1)}`]));
    const { take, states } = follow({ silenceMaxMs: 100 });
    await take(2);
    expect(states).toContainEqual(
      expect.objectContaining({ state: 'disconnected', error: expect.objectContaining({ failure: 'timed_out' }) }),
    );
  });

  test('heartbeats keep it open', async () => {
    peer.answers((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let beats = 0;
      const beating = setInterval(() => {
        response.write(': heartbeat\n\n');
        if (++beats < 10) return;
        clearInterval(beating);
        response.write(`id: 9\n${snapshot}\n`);
      }, 50);
      response.on('close', () => clearInterval(beating));
    });
    const { take } = follow({ silenceMaxMs: 400 });
    await expect(take(1)).resolves.toMatchObject([{ id: '9' }]);
    expect(peer.received).toHaveLength(1);
  });

  test('an event of a newer service is passed over, a broken one is told of, and both are seen', async () => {
    peer.answers(
      stream([`id: 1\nevent: pause.dreamt\ndata: {}\n`, `id: 2\n${event('alert.created', { id: 7 })}`], cut),
      stream([`id: 3\n${snapshot}`]),
    );
    const { take, states, resumedFrom } = follow();
    await expect(take(1)).resolves.toMatchObject([{ id: '3' }]);
    expect(resumedFrom()).toEqual([undefined, '2']);
    expect(states.filter(({ state }) => state === 'unreadable')).toHaveLength(1);
  });

  test('nothing but events of a newer service: each is seen, none is asked for again', async () => {
    peer.answers(
      stream([`id: 8\n${event('pause.dreamt', {})}`], cut),
      stream([`id: 9\n${event('fleet.tired', {})}`], cut),
      stream([`id: 10\n${alertOf(1)}`]),
    );
    const { take, resumedFrom } = follow({ lastEventId: '7' });
    await expect(take(1)).resolves.toMatchObject([{ id: '10' }]);
    expect(resumedFrom()).toEqual(['7', '8', '9']);
  });

  test('what is not for an event does not move the place to resume behind', async () => {
    peer.answers(
      stream([`id: 8\n${alertOf(1)}`, 'event: desk\ndata: {"numbers":null}\n'], cut),
      stream([`id: 9\n${alertOf(2)}`]),
    );
    const { take, resumedFrom } = follow({ lastEventId: '7' });
    await take(2);
    expect(resumedFrom()).toEqual(['7', '8']);
  });

  test('an envelope may hold more attributes; one that is no CloudEvent, or of another event, is told of', async () => {
    peer.answers(
      stream([
        `id: 1\n${event('alert.created', alert(1), { traceparent: '00-x' })}`,
        `id: 2\nevent: alert.created\ndata: ${JSON.stringify(alert(2))}\n`,
        `id: 3\n${event('alert.created', alert(3), { type: 'orchestra.alert.acknowledged' })}`,
        `id: 4\n${event('alert.created', alert(4), { specversion: '2.0' })}`,
        `id: 5\n${event('alert.acknowledged', alert(5))}`,
      ]),
    );
    const { take, states } = follow();
    await expect(take(2)).resolves.toMatchObject([
      { id: '1', event: { data: { id: '1' } } },
      { id: '5', event: { type: 'alert.acknowledged' } },
    ]);
    expect(states.filter(({ state }) => state === 'unreadable')).toHaveLength(3);
  });

  test('a token that may not is an error, not an endless loop', async () => {
    peer.answers(problem(403, 'forbidden'));
    await expect(follow().take(1)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('ends in good order when its signal says so, also while it waits, and frees its connection', async () => {
    let closed: Promise<unknown> | undefined;
    peer.answers((response, request) => {
      closed = new Promise((resolve) => {
        response.on('close', resolve);
      });
      stream([`id: 1\n${snapshot}`])(response, request);
    });
    const { take, events } = follow();
    await take(1);
    const next = events.next();
    stop.abort();
    await expect(next).resolves.toEqual({ done: true, value: undefined });
    await closed;
  });

  test('leaving the loop frees the connection', async () => {
    let closed: Promise<unknown> | undefined;
    peer.answers((response, request) => {
      closed = new Promise((resolve) => {
        response.on('close', resolve);
      });
      stream([`id: 1\n${snapshot}`])(response, request);
    });
    for await (const { id } of follow().events) {
      expect(id).toBe('1');
      break;
    }
    await closed;
  });

  test('begins behind a given event', async () => {
    peer.answers(stream([`id: 12\n${alertOf(3)}`]));
    const { take, resumedFrom } = follow({ lastEventId: '11' });
    await take(1);
    expect(resumedFrom()).toEqual(['11']);
  });
});

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sleeper } from '@orchestra/timing';
import { followStream, type Follower } from './follow-stream.ts';
import { readStream } from './read-stream.ts';
import type { StreamMessage } from './stream-message.ts';

// A real server on a real socket, which a test tells what to do with each connection in turn.
let server: Server;
let baseUrl: string;
let turns: ((response: ServerResponse, request: IncomingMessage) => void)[];
let asked: (string | undefined)[];
let ending: AbortController;

beforeEach(async () => {
  turns = [];
  asked = [];
  ending = new AbortController();
  server = createServer((request, response) => {
    asked.push(request.headers['last-event-id'] as string | undefined);
    const turn = turns.shift();
    if (turn === undefined) ending.abort();
    else turn(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  ending.abort();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const snapshot = (id: string): string => `id: ${id}\nevent: snapshot\ndata: {"data":{"pauses":[]}}\n\n`;
const event = (id: string): string => `id: ${id}\nevent: pause.created\ndata: {"data":{"id":"1"}}\n\n`;
const sends =
  (...texts: string[]) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(texts.join(''));
  };
const answers =
  (status: number, detail: string) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ detail }));
  };

/** Follows until the turns are used up. */
async function follow(): Promise<{ received: StreamMessage[]; lost: string[] }> {
  const received: StreamMessage[] = [];
  const lost: string[] = [];
  const waiting = new Sleeper();
  const follower: Follower = {
    position: () => received.at(-1)?.id ?? null,
    onOpen: () => {},
    onHeard: () => {},
    onDesk: () => {},
    onMessage: (message) => {
      received.push(message);
    },
    onLost: (error) => {
      lost.push(error.code);
      queueMicrotask(() => waiting.wake()); // no test waits out a backoff
    },
  };
  await followStream(baseUrl, follower, waiting, ending.signal);
  return { received, lost };
}

test('a stream that ends is resumed behind the last message', async () => {
  turns = [sends(snapshot('4'), event('5')), sends(event('6')), sends()];
  const { received, lost } = await follow();
  expect(received.map(({ id }) => id)).toEqual(['4', '5', '6']);
  expect(asked).toEqual([undefined, '5', '6', '6']);
  expect(lost).toEqual(['ended', 'ended', 'ended']);
});

test('a service that answers 503, or cuts the line in the middle of a message, is asked again', async () => {
  turns = [
    answers(503, 'the database is away'),
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`${snapshot('4')}id: 5\nevent: pause.cre`, () => response.destroy());
    },
    sends(event('5')),
  ];
  const { received, lost } = await follow();
  expect(received.map(({ id }) => id)).toEqual(['4', '5']);
  expect(lost).toEqual(['unavailable', 'ended', 'ended']);
});

test('what cannot be understood is followed by a new beginning, not by the same place again', async () => {
  turns = [sends(snapshot('4'), 'id: 5\nevent: pause.created\ndata: {\n\n'), sends(snapshot('6'))];
  await follow();
  expect(asked).toEqual([undefined, undefined, '6']);
});

test('a token that is refused ends it, with the service’s words', async () => {
  turns = [answers(401, 'this token was revoked')];
  await expect(follow()).rejects.toMatchObject({ code: 'token_refused', message: 'This token was revoked.' });
});

test('a role that may not read ends it', async () => {
  turns = [answers(403, 'a source posts alerts and reads nothing')];
  await expect(follow()).rejects.toMatchObject({ code: 'not_allowed' });
});

test('a line on which nothing is heard is given up, a heartbeat is heard', async () => {
  let heard = 0;
  turns = [
    (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': still here\n\n'); // and then nothing more
    },
  ];
  const messages = readStream(
    baseUrl,
    null,
    {
      onOpen: () => {},
      onHeard: () => {
        heard += 1;
      },
      onDesk: () => {},
    },
    ending.signal,
    200,
  );
  await expect(messages.next()).rejects.toMatchObject({ code: 'silent' });
  expect(heard).toBe(2); // the head of the answer, and the heartbeat
});

test('a page that is not the event stream is malformed', async () => {
  turns = [
    (response) => {
      response.end('<h1>captive portal</h1>');
    },
  ];
  const messages = readStream(baseUrl, null, { onOpen: () => {}, onHeard: () => {}, onDesk: () => {} }, ending.signal);
  await expect(messages.next()).rejects.toMatchObject({ code: 'malformed' });
});

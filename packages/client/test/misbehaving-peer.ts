import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export type Behaviour = (response: ServerResponse, request: Received) => void;

/**
 * A server that answers each request by the next behaviour, the last one for all that follow. It is no stand-in for a
 * service.
 */
export class MisbehavingPeer {
  readonly received: Received[] = [];
  readonly #server = createServer((request, response) => {
    void this.#take(request, response);
  });
  #behaviours: Behaviour[] = [];

  static async start(): Promise<MisbehavingPeer> {
    const peer = new MisbehavingPeer();
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answers(...behaviours: Behaviour[]): this {
    this.#behaviours = behaviours;
    this.received.length = 0;
    return this;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const received = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    const behaviour = this.#behaviours[Math.min(this.received.length, this.#behaviours.length - 1)];
    this.received.push(received);
    behaviour?.(response, received);
  }
}

export const json =
  (body: unknown, status = 200): Behaviour =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

export const problem =
  (status: number, code: string, headers: Record<string, string> = {}, extra: object = {}): Behaviour =>
  (response) => {
    response
      .writeHead(status, { 'content-type': 'application/problem+json', ...headers })
      .end(JSON.stringify({ type: 'about:blank', title: code, status, code, detail: `because of ${code}`, ...extra }));
  };

/** Ends the connection without an answer, as a process that is killed does. */
export const reset: Behaviour = (response) => {
  response.socket?.destroy();
};

/** Takes the request and never answers. */
export const hang: Behaviour = () => {};

/** Begins an answer and breaks off in the middle of it. */
export const breakOff: Behaviour = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"pauses": [', () => response.socket?.destroy());
};

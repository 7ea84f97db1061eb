import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Told {
  headers: IncomingHttpHeaders;
  body: { id: string; type: string; subject: string; data: { id: string } };
}

/** A receiver of notices on a real socket, which answers as it is told and keeps what it accepted. */
export class Receiver {
  readonly url: URL;
  /** Every call, in order. */
  readonly asked: Told[] = [];
  /** Calls that were answered with 2xx. */
  readonly accepted: Told[] = [];
  answers: (told: Told, response: ServerResponse) => void = (_told, response) => {
    response.statusCode = 204;
  };
  readonly #close: () => Promise<void>;

  private constructor(url: URL, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(): Promise<Receiver> {
    let receiver: Receiver | undefined;
    const server = createServer((request, response) => {
      void request
        .setEncoding('utf8')
        .toArray()
        .then((parts) => {
          if (receiver === undefined) return;
          const told: Told = { headers: request.headers, body: JSON.parse(parts.join('')) as Told['body'] };
          receiver.asked.push(told);
          receiver.answers(told, response);
          if (response.statusCode < 300) receiver.accepted.push(told);
          if (!response.headersSent) response.end('so be it');
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    receiver = new Receiver(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`), async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return receiver;
  }

  /** What was accepted, as `type subject`. */
  get told(): string[] {
    return this.accepted.map(({ body }) => `${body.type.replace('orchestra.', '')} ${body.subject}`);
  }

  close(): Promise<void> {
    return this.#close();
  }
}

import { randomUUID } from 'node:crypto';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { PROBLEMS, problemDocument, ProblemError } from './problem.ts';

/** What Node.js refuses before there is a request, by the code of its error. */
const REFUSALS: Readonly<Record<string, () => ProblemError>> = {
  HPE_HEADER_OVERFLOW: () => new ProblemError('headers_too_large', 'the headers are longer than 16 KiB'),
  ERR_HTTP_REQUEST_TIMEOUT: () =>
    new ProblemError('request_timeout', 'the request did not arrive in time: 5 s for its headers, 30 s for all of it'),
};
const HEADERS = [
  "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options: nosniff',
  'Cache-Control: no-store',
  'Connection: close',
];

/**
 * Answers what is no HTTP request, or comes too slowly, as everything else is refused: by a problem document with our
 * headers.
 */
export function refuseRaw(server: Server): void {
  /** What is being answered on a connection; a second answer must not be written into it. */
  const answers = new WeakMap<Socket, ServerResponse>();
  for (const event of ['request', 'checkContinue', 'checkExpectation'] as const) {
    server.prependListener(event, (request, response) => {
      answers.set(request.socket, response);
    });
  }
  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket; // a server of plain HTTP has no other streams
    const answer = answers.get(socket);
    if (
      !socket.writable ||
      error.code === 'ECONNRESET' ||
      (answer !== undefined && answer.headersSent && !answer.writableFinished)
    ) {
      socket.destroy();
      return;
    }
    const problem =
      REFUSALS[error.code ?? '']?.() ?? new ProblemError('invalid_request', 'this is not an HTTP request');
    const id = randomUUID();
    const body = JSON.stringify(problemDocument(problem, id));
    const { status } = PROBLEMS[problem.code];
    const head = [
      `HTTP/1.1 ${status} Refused`,
      ...HEADERS,
      `X-Request-Id: ${id}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  });
}

import type { ServerResponse } from 'node:http';

/** Sends a whole answer, with the status that is set. */
export function sendJson(response: ServerResponse, answer: unknown): void {
  const body = JSON.stringify(answer);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}

import type { IncomingMessage, ServerResponse } from 'node:http';

// A caller that is still sending gets this long to read the answer; closing at once would reset the connection under
// it.
const DISCARD_MS = 500;
const DISCARD_BYTES = 1_024 * 1_024;

/** Whether a part of the request's body has not been read: an answer now comes before its end. */
export function hasUnreadBody(request: IncomingMessage): boolean {
  const declared =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  return declared && !request.complete;
}

/**
 * Sends the answer at once, and closes the connection as soon as the caller stops sending, or has sent too much or for
 * too long.
 */
export function answerUnread(request: IncomingMessage, response: ServerResponse, body: string): void {
  response.setHeader('Connection', 'close');
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.write(body);
  let bytes = 0;
  const end = (): void => {
    clearTimeout(late);
    response.end();
  };
  const late = setTimeout(end, DISCARD_MS);
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DISCARD_BYTES) end();
  });
  request.once('end', end);
  response.once('close', () => clearTimeout(late));
  request.resume();
}

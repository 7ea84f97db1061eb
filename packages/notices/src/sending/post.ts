import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { NoticeRequest } from '../shapes/notice.ts';
import type { NoticeTarget } from '../targets/target.ts';
import { checkedLookup, checkLiteral, type Resolver } from './checked-lookup.ts';

// For all of it: the name, the connection, the answer.
export const TIME_LIMIT_MS = 10_000;
/** Of an answer, what may say why it refused. The rest is not read. */
const ANSWER_BYTES_MAX = 4_096;

export interface Answer {
  status: number;
  /** Its beginning. */
  text: string;
  retryAfter: string | undefined;
}

export interface PostOptions {
  /** Ends the call. */
  signal: AbortSignal;
  timeLimitMs?: number;
  resolve?: Resolver;
}

/**
 * One POST over a connection of its own. Redirects are answers like any other: what they point to was not looked at.
 *
 * @throws AddressRefusedError, or the network's error; `TimeoutError` after the time limit
 */
export async function post(
  { url, allowPrivate }: Pick<NoticeTarget, 'url' | 'allowPrivate'>,
  { headers, body }: NoticeRequest,
  options: PostOptions,
): Promise<Answer> {
  checkLiteral(url, allowPrivate);
  const bytes = Buffer.from(body);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeLimitMs ?? TIME_LIMIT_MS)]);
  signal.throwIfAborted();
  const answered = Promise.withResolvers<IncomingMessage>();
  const call = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    method: 'POST',
    agent: false,
    lookup: checkedLookup(allowPrivate, options.resolve),
    signal,
    maxHeaderSize: 16_384,
    headers: { ...headers, 'content-length': bytes.length, 'user-agent': 'Orchestra' },
  });
  call
    .on('response', answered.resolve)
    .on('error', (error) => answered.reject(signal.aborted ? signal.reason : error))
    // To a change of protocol (101) Node.js hangs up, with no word of an error, and the time limit has nothing left to
    // end.
    .on('close', () => answered.reject(new Error('the connection ended without an answer')))
    .end(bytes);
  const response = await answered.promise;
  try {
    return {
      status: response.statusCode ?? 0,
      text: await beginningOf(response),
      retryAfter: response.headers['retry-after'],
    };
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    call.destroy();
  }
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    if (!Buffer.isBuffer(chunk)) continue;
    chunks.push(chunk);
    length += chunk.length;
    if (length >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
}

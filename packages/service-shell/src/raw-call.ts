import { parseJson, repeatedKey } from '@orchestra/exact-json';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { invalidRequest } from './offending-fields.ts';
import { ProblemError } from './problem.ts';

export const BODY_MAX_BYTES = 256 * 1_024;
const FIELD_NAME_MAX = 100;
/** As Node.js reads the `Expect` header. */
export const CONTINUE = /(?:^|\W)100-continue(?:$|\W)/i;
const JSON_TYPE = /^application\/json\s*(?:;|$)/i;
const CHARSET = /;\s*charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;]*))/i;
/**
 * How charsets are spelled, and what decodes them. JSON is UTF-8; a client that says otherwise, and means it, is read
 * as it says.
 */
const DECODED_AS: Readonly<Record<string, string>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  utf_8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'latin1',
  'iso8859-1': 'latin1',
  'iso_8859-1': 'latin1',
  latin1: 'latin1',
};
const KEY = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/**
 * The body of a call: what its JSON says, or undefined when there is none. Call it after the caller is known, so that
 * nobody else makes the service read. Ours and not express's parser, because that one reads a body which is too long
 * to its end before it says so, and replaces bytes that are not UTF-8: another name would be paused than the one sent.
 *
 * @param maxBytes how long it may be
 * @throws ProblemError `body_too_large`, `unsupported_media_type`, `malformed_json`; `invalid_request` where a key
 *   stands twice in one object
 */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number = BODY_MAX_BYTES,
): Promise<unknown> {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody) return undefined;
  const charset = readCharset(headers['content-type'] ?? '');
  refuseEncoding(headers['content-encoding']);
  const { text, value } = parseBody(await readBytes(request, response, maxBytes), charset);
  const repeated = repeatedKey(text, value);
  if (repeated !== undefined)
    throw invalidRequest([
      {
        field: z.core.toDotPath(repeated).toWellFormed().slice(0, FIELD_NAME_MAX),
        message: 'is given twice; which one is meant?',
      },
    ]);
  return value;
}

function parseBody(bytes: Buffer, charset: string): { text: string; value: unknown } {
  try {
    // Without a byte order mark: the decoder leaves it out.
    const text =
      charset === 'latin1' ? bytes.toString('latin1') : new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { text, value: parseJson(text) };
  } catch (cause) {
    throw new ProblemError(
      'malformed_json',
      `the body cannot be read as JSON in ${charset === 'latin1' ? 'ISO-8859-1, the charset it names' : 'UTF-8'}`,
      { cause },
    );
  }
}

function readCharset(type: string): string {
  if (!JSON_TYPE.test(type))
    throw new ProblemError('unsupported_media_type', 'send the body as application/json in UTF-8');
  const [found, ...values] = CHARSET.exec(type) ?? [];
  const name =
    values
      .find((value) => value !== undefined)
      ?.trim()
      .toLowerCase() ?? '';
  const decodedAs = found === undefined ? 'utf-8' : Object.hasOwn(DECODED_AS, name) ? DECODED_AS[name] : undefined;
  if (decodedAs === undefined)
    throw new ProblemError(
      'unsupported_media_type',
      `the charset "${name.slice(0, 40)}" is not read here; send the body as application/json in UTF-8`,
    );
  return decodedAs;
}

function refuseEncoding(encoding: string | undefined): void {
  if (encoding === undefined || /^\s*(identity)?\s*$/i.test(encoding)) return;
  throw new ProblemError(
    'unsupported_media_type',
    'a compressed body is not read here; send it without a Content-Encoding',
    { headers: { 'Accept-Encoding': 'identity' } },
  );
}

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError('body_too_large', `a body may be ${Math.floor(maxBytes / 1_024)} KiB long`);
}

async function readBytes(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  // Only now: who waits for this sends no body that is refused anyway.
  if (CONTINUE.test(request.headers.expect ?? '')) response.writeContinue();
  return collect(request, maxBytes);
}

function collect(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const stop = (): void => {
      request.off('data', take).off('end', end).off('close', breakOff).off('error', breakOff);
    };
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= maxBytes) return;
      stop();
      request.pause(); // not destroyed: that would close the connection before the refusal is written
      reject(tooLarge(maxBytes));
    };
    const end = (): void => {
      stop();
      const [only] = chunks;
      resolve(only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks));
    };
    const breakOff = (cause?: Error): void => {
      stop();
      reject(new ProblemError('invalid_request', 'the body ended before its end', { cause }));
    };
    // Gone while its token was looked up: it tells nothing any more.
    if (request.destroyed) breakOff();
    else request.on('data', take).on('end', end).on('close', breakOff).on('error', breakOff);
  });
}

/** The query parameters. Each may be given once. */
export function readQuery(request: IncomingMessage): Record<string, string> {
  const { url = '' } = request;
  const start = url.indexOf('?');
  if (start === -1) return {};
  const given = new URLSearchParams(url.slice(start));
  const twice = new Set<string>();
  const read = new Map<string, string>();
  for (const [name, value] of given) {
    if (read.has(name)) twice.add(name);
    read.set(name, value);
  }
  if (twice.size > 0)
    throw invalidRequest(
      [...twice].slice(0, 50).map((name) => ({ field: name.slice(0, 100), message: 'may be given once only' })),
    );
  return Object.fromEntries(read);
}

/** The `Idempotency-Key` of a call that changes something. */
export function readIdempotencyKey(request: IncomingMessage): string | undefined {
  const given = request.headersDistinct['idempotency-key'];
  if (given === undefined) return undefined;
  const [key] = given;
  if (given.length === 1 && key !== undefined && KEY.test(key)) return key;
  throw invalidRequest([
    { field: 'Idempotency-Key', message: 'must be one key of 1 to 200 printable ASCII characters' },
  ]);
}

import type { Request } from 'express';
import { json } from 'express';
import { invalidRequest } from './offending-fields.ts';
import { ProblemError } from './problem.ts';

const BODY_MAX_BYTES = 256 * 1_024;

const readJson = json({
  limit: BODY_MAX_BYTES,
  // A compressed body of a few bytes can be gigabytes long.
  inflate: false,
  type: 'application/json',
  verify: (_request, _response, bytes) => refuseBrokenUtf8(bytes),
});

/**
 * The body of a call: what its JSON says, or undefined when there is none. Call it after the caller is known, so that
 * nobody else can make the service read.
 *
 * @throws ProblemError, and what express's parser raises
 */
export async function readBody(request: Request): Promise<unknown> {
  const { headers } = request;
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!hasBody) return undefined;
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(headers['content-type'] ?? '')) {
    throw new ProblemError('unsupported_media_type', 'send the body as application/json in UTF-8');
  }
  await new Promise<void>((resolve, reject) => {
    readJson(request, request.res ?? unreachable(), (error?: unknown) => (error === undefined ? resolve() : reject(asError(error))));
  });
  return request.body;
}

/** The query parameters. Each may be given once. */
export function readQuery(request: Request): Record<string, string> {
  const start = request.originalUrl.indexOf('?');
  const given = new URLSearchParams(start === -1 ? '' : request.originalUrl.slice(start));
  const twice = [...new Set([...given.keys()].filter((key, index, keys) => keys.indexOf(key) !== index))];
  if (twice.length > 0) throw invalidRequest(twice.slice(0, 50).map((key) => ({ field: key.slice(0, 100), message: 'may be given once only' })));
  return Object.fromEntries(given);
}

/** The `Idempotency-Key` of a call that changes something. */
export function readIdempotencyKey(request: Request): string | undefined {
  const given = request.headersDistinct['idempotency-key'];
  if (given === undefined) return undefined;
  const [key] = given;
  if (given.length === 1 && key !== undefined && /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/.test(key)) return key;
  throw invalidRequest([{ field: 'Idempotency-Key', message: 'must be one key of 1 to 200 printable ASCII characters' }]);
}

/** Decoding with replacement characters would pause another name than the one that was sent. */
function refuseBrokenUtf8(bytes: Buffer): void {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ProblemError('malformed_json', 'the body is not UTF-8', { cause });
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

function unreachable(): never {
  throw new Error('a request without its response');
}

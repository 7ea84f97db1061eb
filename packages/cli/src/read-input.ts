import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { CommandFailure, wrongUsage } from './failure.ts';

/** Standard input for `-`, else the file. Errors of the file come with the first read: see {@link unreadable}. */
export function inputStream(path: string): Readable {
  return path === '-' ? process.stdin : createReadStream(path);
}

/** A file that cannot be read, as the person is told. */
export function unreadable(path: string, cause: unknown): CommandFailure {
  return new CommandFailure('unreadable', `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` when it is longer than that
 */
export async function readText(path: string, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of inputStream(path) as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) throw wrongUsage(`${path === '-' ? 'standard input' : path} holds more than ${bytesMax} bytes, which is too much here`);
    }
  } catch (cause) {
    throw cause instanceof CommandFailure ? cause : unreadable(path, cause);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * A JSON value given as text, as `@file`, or as `-` for standard input.
 *
 * @throws CommandFailure `wrong_usage` when it is no JSON, `unreadable`
 */
export async function readJson(given: string, what: string): Promise<unknown> {
  const path = given === '-' ? '-' : given.startsWith('@') ? given.slice(1) : undefined;
  const json = path === undefined ? given : await text(inputStream(path)).catch((cause: unknown) => { throw unreadable(path, cause); });
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw wrongUsage(`${what} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

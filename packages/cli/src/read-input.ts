import { createReadStream } from 'node:fs';
import { parseJson, repeatedKey } from '@orchestra/exact-json';
import { CommandFailure, wrongUsage } from './failure.ts';

/**
 * Of one payload, and of one line with a task: four times what a task may have, for those who lay it out with many
 * blanks.
 */
export const JSON_BYTES_MAX = 1_024 * 1_024;

/**
 * The text of a file, or of standard input for `-`.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` when it is longer than that
 */
export async function readText(path: string, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of read(path)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) throw wrongUsage(`${nameOf(path)} holds more than ${bytesMax} bytes, which is too much here`);
  }
  // The decoder leaves out a byte order mark, which Windows writes.
  return new TextDecoder().decode(Buffer.concat(chunks));
}

/**
 * The lines of a file, or of standard input for `-`. Not by node:readline, which also takes what JSON allows within a
 * text (U+2028) for the end of a line, and keeps a line of any length.
 *
 * @throws CommandFailure `unreadable`; `wrong_usage` for a line that is longer than {@link JSON_BYTES_MAX}
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of read(path)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > JSON_BYTES_MAX)
      throw wrongUsage(`${nameOf(path)} has a line of more than ${JSON_BYTES_MAX} characters, which is too much here`);
  }
  yield rest + decoder.decode();
}

/**
 * A JSON value given as text, as `@file`, or as `-` for standard input.
 *
 * @throws CommandFailure `wrong_usage` when it is no JSON, or longer than {@link JSON_BYTES_MAX}; `unreadable`
 */
export async function readJson(given: string, what: string): Promise<unknown> {
  const path = given === '-' ? '-' : given.startsWith('@') ? given.slice(1) : undefined;
  const json = path === undefined ? given.replace(/^\uFEFF/, '') : await readText(path, JSON_BYTES_MAX);
  try {
    return parseGiven(json);
  } catch (cause) {
    if (cause instanceof CommandFailure) throw wrongUsage(`${what}: ${cause.message}`, { cause });
    throw wrongUsage(`${what} is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * JSON that somebody wrote, its numbers exact.
 *
 * @throws SyntaxError for what is not JSON; CommandFailure `wrong_usage` for a key that stands twice in one object: one
 *   of both would be lost
 */
export function parseGiven(json: string): unknown {
  const value = parseJson(json);
  const repeated = repeatedKey(json, value);
  if (repeated !== undefined) throw wrongUsage(`${repeated.join('.')} is given twice; which one is meant?`);
  return value;
}

/** Standard input for `-`, else the file. */
async function* read(path: string): AsyncGenerator<Buffer> {
  try {
    yield* (path === '-' ? process.stdin : createReadStream(path)) as AsyncIterable<Buffer>;
  } catch (cause) {
    throw new CommandFailure(
      'unreadable',
      `cannot read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function nameOf(path: string): string {
  return path === '-' ? 'standard input' : path;
}

import { z } from 'zod';

const FINDINGS_MAX = 100;
// A result travels in one request of at most 256 KiB, and names may be 4 KiB long.
const BYTES_MAX = 64 * 1024;
const EXCERPT_CHARS_MAX = 200;

/** A list of findings that says how many it left out, so that a result stays small whatever a repository holds. */
export function findingsOf<T extends z.ZodType>(finding: T) {
  return z.strictObject({ list: z.array(finding).max(FINDINGS_MAX), left_out: z.int().min(0) });
}

export interface Findings<T> {
  list: T[];
  left_out: number;
}

export function noFindings<T>(): Findings<T> {
  return { list: [], left_out: 0 };
}

export function addFinding<T>(findings: Findings<T>, finding: T): void {
  const fits =
    findings.list.length < FINDINGS_MAX && Buffer.byteLength(JSON.stringify([...findings.list, finding])) <= BYTES_MAX;
  if (fits) findings.list.push(finding);
  else findings.left_out += 1;
}

// NUL cannot be kept in a jsonb column; the other controls would play tricks on a terminal.
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;

/** Text from a file, fit to be kept and shown: one line, no controls, at most 200 characters. */
export function excerpt(text: string): string {
  const line = text.toWellFormed().replaceAll(CONTROLS, ' ').trim();
  const characters = Array.from(line.slice(0, EXCERPT_CHARS_MAX * 2));
  if (characters.length <= EXCERPT_CHARS_MAX && line.length <= EXCERPT_CHARS_MAX * 2) return line;
  return `${characters.slice(0, EXCERPT_CHARS_MAX - 1).join('')}…`;
}

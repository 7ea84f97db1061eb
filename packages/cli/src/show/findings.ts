import { styleText } from 'node:util';
import type { Finding } from '../doctor/finding.ts';
import { visibleText } from './visible-text.ts';

const MARKS = { ok: ['✓', 'green'], warning: ['!', 'yellow'], failed: ['✗', 'red'], skipped: ['–', 'dim'] } as const;

/** A line for what was found, and one for what to do. */
export function showFinding({ check, outcome, says, fix }: Finding): string {
  const [mark, colour] = MARKS[outcome];
  const line = `${styleText(colour, mark, { stream: process.stdout })} ${check}: ${visibleText(says)}`;
  return fix === null ? line : `${line}\n  → ${visibleText(fix)}`;
}

import { visibleText } from '../show/visible-text.ts';

const WARN = 40;
const LEVELS: Readonly<Record<number, string>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const SHOWN_CHARS = 500;

/**
 * One line of a service's log as it is shown on a terminal: `worker-claimer warn: …`; undefined for what is only kept
 * in the file. What is not a line of the logger (a crash, a warning of Node.js) is always shown.
 */
export function shownLogLine(service: string, line: string, verbose: boolean): string | undefined {
  const entry = parse(line);
  if (entry === undefined) return line.trim() === '' ? undefined : short(`${service}: ${line}`);
  if (!verbose && entry.level < WARN) return undefined;
  return short(`${service} ${LEVELS[entry.level] ?? entry.level}: ${entry.text}`);
}

function parse(line: string): { level: number; text: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('level' in entry) || typeof entry.level !== 'number')
      return undefined;
    const text = 'msg' in entry && typeof entry.msg === 'string' ? entry.msg : '';
    return { level: entry.level, text: [text, causeOf(entry)].filter((part) => part !== '').join(': ') };
  } catch {
    return undefined;
  }
}

function causeOf(entry: object): string {
  if (!('err' in entry) || typeof entry.err !== 'object' || entry.err === null) return '';
  return 'message' in entry.err && typeof entry.err.message === 'string' ? entry.err.message : '';
}

function short(text: string): string {
  const line = visibleText(text);
  return line.length > SHOWN_CHARS ? `${line.slice(0, SHOWN_CHARS)}…` : line;
}

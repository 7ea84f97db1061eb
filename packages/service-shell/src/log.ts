import { asJsonEscape, DECEIVING } from '@orchestra/pause-core/visible-text';
import { destination, pino, type Logger } from 'pino';
import type { LogLevel } from './service-config.ts';

export type { Logger } from 'pino';

// The last line of defence: whatever ends up in a line, these do not leave the process.
const SECRETS: [RegExp, string][] = [
  [/(postgres(?:ql)?:\/\/[^:/@\s"]*:)[^\s"]*@/gi, '$1***@'],
  [/(:\/\/[^:/@\s"]*:)[^@/\s"]+@/g, '$1***@'],
  [/([?&\s]password\s*=\s*)('(?:[^'\\]|\\.)*'|[^&\s"]+)/gi, '$1***'],
  [/orc_[A-Za-z0-9_-]{43}/g, 'orc_***'],
  [/whsec_[A-Za-z0-9+/=]+/g, 'whsec_***'],
];

/** Takes passwords of connection strings and tokens out of a text. */
export function withoutSecrets(text: string): string {
  return SECRETS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

// Within JSON they stand in strings only. A log is read in a terminal, which must not obey what somebody wrote into a
// reason: what is below U+0020 is escaped by pino; these are the other controls, and what deceives.
const OBEYED = new RegExp(String.raw`[\u007f-\u009f${DECEIVING}]`, 'g');

/** A line of JSON in which nothing is left that a terminal would obey; it reads back as the same. */
export function printableLine(line: string): string {
  return line.replaceAll(OBEYED, asJsonEscape);
}

// One for all loggers of a process: two writers to one pipe would put their lines out of order.
const stdout = destination({ dest: 1, sync: true });

/** JSON lines on stdout. `error` means that someone must act; what heals by itself is `warn`. */
export function makeLogger({ service, level }: { service: string; level: LogLevel }): Logger {
  return pino(
    {
      name: service,
      level,
      redact: ['*.authorization', '*.token', '*.password'],
      hooks: { streamWrite: (line) => printableLine(withoutSecrets(line)) },
    },
    stdout,
  );
}

/** The longest error text that the service takes. */
export const ERROR_CHARS_MAX = 20_000;
const CAUSES_MAX = 5;

/**
 * What was thrown, as text for the task's history: message, stack, and the same of what caused it; never empty, never
 * too long.
 */
export function errorText(thrown: unknown): string {
  const parts: string[] = [];
  for (let error = thrown; error !== undefined && parts.length <= CAUSES_MAX;) {
    parts.push(oneError(error));
    error = error instanceof Error ? error.cause : undefined;
  }
  return storable(parts.join('\ncaused by: ')) || 'an error without a message';
}

function oneError(error: unknown): string {
  if (!(error instanceof Error)) return `${typeof error} thrown: ${printable(error)}`;
  const head = `${error.name}: ${error.message}`;
  // A stack repeats the message as it was when the error was made; one that was changed since is put before it.
  return error.stack === undefined
    ? head
    : error.stack.includes(error.message)
      ? error.stack
      : `${head}\n${error.stack}`;
}

function printable(value: unknown): string {
  try {
    return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  } catch {
    return Object.prototype.toString.call(value); // cyclic, or a toJSON that throws
  }
}

/** Without what the database cannot keep: NUL and lone surrogates. Cut at the end where it is too long. */
export function storable(text: string, charsMax: number = ERROR_CHARS_MAX): string {
  const CUT = '\n… (cut)';
  const short = text.length <= charsMax ? text : text.slice(0, charsMax - CUT.length) + CUT;
  return short.replaceAll('\0', '\uFFFD').toWellFormed();
}

import { toNumber } from './raw-number.ts';

// Any number of at most 15 digits is held exactly, unless its exponent is enormous. Most texts hold no other, and are
// read once.
const MAY_NOT_FIT = /(?:^|[[:,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE][+-]?\d{3})/;

/** The third argument that JSON.parse gives a reviver; the compiler's library does not describe it yet. */
interface Source {
  readonly source?: string;
}

/**
 * What a JSON text says, as JSON.parse reads it, but with every number exact: one that a number of JavaScript would
 * change is kept as its text (`RawNumber`), which JSON.stringify writes back.
 *
 * @throws SyntaxError for what is not JSON; RangeError where a text that holds such a number is nested some thousand
 *   levels deep
 */
export function parseJson(text: string): unknown {
  return MAY_NOT_FIT.test(text) ? JSON.parse(text, keepNumber) : JSON.parse(text);
}

function keepNumber(_key: string, value: unknown, context?: Source): unknown {
  return typeof value === 'number' && context?.source !== undefined ? toNumber(context.source, value) : value;
}

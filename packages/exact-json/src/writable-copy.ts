import { findUnwritable, hollow, LEVELS_MAX, unboxed } from './unwritable.ts';

const TEXT_MAX = 1_000;

/**
 * The same value with a text in place of everything that JSON cannot hold: what somebody has worked for is then not
 * lost with it. For people to read.
 */
export function writableCopy(value: unknown): unknown {
  return copy(value, new Set());
}

function copy(given: unknown, above: Set<object>): unknown {
  const value = unboxed(given);
  if (typeof value === 'object' && value !== null && above.has(value)) return '(a part of itself)';
  if (above.size >= LEVELS_MAX) return '(nested too deep)';
  if (value === undefined || findUnwritable(value, 'value') === undefined) return given;
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : textOf(value);
  above.add(value);
  const copied = copyInside(value, above);
  above.delete(value);
  return copied;
}

function copyInside(value: object, above: Set<object>): unknown {
  if (value instanceof Map) return { Map: Array.from(value.entries(), (entry) => copy(entry, above)) };
  if (value instanceof Set) return { Set: Array.from(value.values(), (one) => copy(one, above)) };
  if (Array.isArray(value))
    return Array.from(value, (one: unknown) => (one === undefined ? 'undefined' : copy(one, above)));
  if (value instanceof Date || hollow(value) !== undefined) return textOf(value);
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(''), above);
  return Object.fromEntries(Object.entries(value).map(([key, inner]): [string, unknown] => [key, copy(inner, above)]));
}

function textOf(value: unknown): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- numbers, functions, dates, errors: each has a text of its
  // own
  return String(value).slice(0, TEXT_MAX);
}

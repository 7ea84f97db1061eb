import { isRawNumber } from './raw-number.ts';
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
  if (typeof value !== 'object' || value === null || isRawNumber(value))
    return Object.is(value, -0) ? '-0' : String(value).slice(0, TEXT_MAX);
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
  if (value instanceof Date || hollow(value) !== undefined) return String(value).slice(0, TEXT_MAX);
  if ('toJSON' in value && typeof value.toJSON === 'function') return copy(value.toJSON(''), above);
  return Object.fromEntries(Object.entries(value).map(([key, inner]): [string, unknown] => [key, copy(inner, above)]));
}

import { isRawNumber } from './raw-number.ts';

/** What JSON would not carry as it is, and where it stands. */
export interface Unwritable {
  /** Such as `result.scores[3]`. */
  path: string;
  /** Such as `NaN`. */
  what: string;
}

/** A value that JSON would silently change or cannot say. A TypeError, as JSON.stringify throws for a cycle. */
export class UnwritableError extends TypeError {
  override readonly name = 'UnwritableError';
  readonly path: string;

  constructor({ path, what }: Unwritable) {
    super(`${path} is ${what}, which JSON cannot hold`);
    this.path = path;
  }
}

// Nothing that JSON.stringify can write on any stack is nested deeper.
export const LEVELS_MAX = 1_000;
// Of these JSON.stringify writes an empty object.
const HOLLOW = new Set([
  'Map',
  'Set',
  'WeakMap',
  'WeakSet',
  'WeakRef',
  'RegExp',
  'Error',
  'Promise',
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Generator',
  'AsyncGenerator',
]);

/**
 * The first value in `value` that JSON.stringify would change without a word or refuse: NaN, the infinities, -0,
 * undefined in an array, functions, symbols,
 * bigints, maps, sets, errors, cycles and the like. A field of an object that is undefined is one that is not there,
 * as everywhere in JavaScript.
 *
 * @param path what `value` is called
 */
export function findUnwritable(value: unknown, path: string): Unwritable | undefined {
  return find(value, path, new Set(), false);
}

/** @throws UnwritableError */
export function refuseUnwritable(value: unknown, path: string): void {
  const found = findUnwritable(value, path);
  if (found !== undefined) throw new UnwritableError(found);
}

function find(given: unknown, path: string, above: Set<object>, mayBeAbsent: boolean): Unwritable | undefined {
  const value = unboxed(given);
  const what = wrong(value, mayBeAbsent);
  if (what !== undefined) return { path, what };
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return undefined;
  if (above.has(value)) return { path, what: 'a part of itself' };
  if (above.size >= LEVELS_MAX) return { path, what: `nested deeper than ${LEVELS_MAX} levels` };
  above.add(value);
  const found = findInside(value, path, above);
  above.delete(value);
  return found;
}

function findInside(value: object, path: string, above: Set<object>): Unwritable | undefined {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const written: unknown = value.toJSON('');
    return written === value ? findInFields(value, path, above) : find(written, path, above, true);
  }
  if (!Array.isArray(value)) return findInFields(value, path, above);
  for (let index = 0; index < value.length; index++) {
    const found = find(value[index], `${path}[${index}]`, above, false);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findInFields(value: object, path: string, above: Set<object>): Unwritable | undefined {
  for (const [key, inner] of Object.entries(value)) {
    const found = find(
      inner,
      /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`,
      above,
      true,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Numbers and strings in objects of their own are written like themselves. */
export function unboxed(value: unknown): unknown {
  return value instanceof Number || value instanceof String || value instanceof Boolean ? value.valueOf() : value;
}

function wrong(value: unknown, mayBeAbsent: boolean): string | undefined {
  switch (typeof value) {
    case 'number':
      return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? undefined : String(value);
    case 'undefined':
      return mayBeAbsent ? undefined : 'undefined';
    case 'bigint':
      return 'a bigint (hand it over as text)';
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    case 'object': {
      if (value === null || ('toJSON' in value && !(value instanceof Date))) return undefined;
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : undefined;
      return hollow(value);
    }
    default:
      return undefined;
  }
}

/** What JSON.stringify would write an empty object of, whatever it holds. */
export function hollow(value: object): string | undefined {
  const tag = Object.prototype.toString.call(value).slice('[object '.length, -1);
  return HOLLOW.has(tag) ? `of type ${tag}` : undefined;
}

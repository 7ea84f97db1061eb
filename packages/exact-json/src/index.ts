export { parseJson } from './parse-json.ts';
export { isRawNumber, type RawNumber } from './raw-number.ts';
export { findUnwritable, refuseUnwritable, UnwritableError, type Unwritable } from './unwritable.ts';
export { writableCopy } from './writable-copy.ts';
export { repeatedKey } from './repeated-key.ts';

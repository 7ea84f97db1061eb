export { parseJson } from './parse-json.ts';
export { isRawNumber, type RawNumber } from './raw-number.ts';
export { repeatedKey } from './repeated-key.ts';

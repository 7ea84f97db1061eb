/**
 * A number in JSON that no number of JavaScript can hold: `rawJSON` is its text. `JSON.stringify` writes it back as it
 * was. https://tc39.es/proposal-json-parse-with-source/
 */
export interface RawNumber {
  readonly rawJSON: string;
}

// What the standard library of the compiler does not describe yet. Browsers may lack it.
declare global {
  interface JSON {
    rawJSON?(text: string): RawNumber;
    isRawJSON?(value: unknown): value is RawNumber;
  }
}

/** Is this a number that `parseJson` has kept as its text? */
export function isRawNumber(value: unknown): value is RawNumber {
  return JSON.isRawJSON?.(value) ?? false;
}

/** The number that stands for `text`: a plain one where that is the same number, else its text. */
export function toNumber(text: string, parsed: number): number | RawNumber {
  return JSON.rawJSON === undefined || isSameNumber(text, parsed) ? parsed : JSON.rawJSON(text);
}

/**
 * Do the text and the number stand for the same decimal? `1.0` and 1 do, `9007199254740993` and 9007199254740992 do
 * not.
 */
export function isSameNumber(text: string, parsed: number): boolean {
  return Number.isFinite(parsed) && decimalOf(text) === decimalOf(String(parsed));
}

/** One spelling for each decimal: the digits without zeros at either end, and the exponent. */
function decimalOf(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  // By hand: /0+$/ would start again at each zero of a long number.
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  const significant = digits.slice(0, end);
  if (significant === '') return '0';
  return `${sign}${significant}e${BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - significant.length)}`;
}

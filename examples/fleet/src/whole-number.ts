/**
 * A flag's value as a whole number from 0.
 *
 * @throws TypeError for anything else
 */
export function wholeNumber(flag: string, text: string, { max }: { max: number }): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Infinity;
  if (value > max) throw new TypeError(`${flag} must be a whole number from 0 to ${max}, not "${text}"`);
  return value;
}

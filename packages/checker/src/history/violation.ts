import type { Indexed } from './indexed.ts';

export const ASSERTIONS = [
  'A1',
  'A2',
  'A3',
  'A4',
  'A5',
  'A6',
  'A7',
  'A8',
  'A9',
  'A10',
  'A11',
  'A12',
  'A13',
  'A14',
  'A15',
  'A16',
  'A17',
] as const;
export type AssertionName = (typeof ASSERTIONS)[number];

/** Something that the promises do not allow, found in a history. */
export interface Violation {
  assertion: AssertionName;
  what: string;
  /** Where in the history to look, by the events' clock; undefined: everywhere. */
  t?: number | undefined;
}

/** An assertion reads a whole history and answers what it found; an empty list is what it should find. */
export type Assertion = (history: Indexed) => Violation[];

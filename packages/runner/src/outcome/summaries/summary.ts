/** What the summaries of one tool say in one output, added up. */
export interface Summary {
  readonly passed: number;
  /** Tests that failed, and files, suites and packages that could not be loaded. */
  readonly failed: number;
  readonly skipped: number;
  /** What was announced and never told of: the run broke off. */
  readonly missing?: number;
  /** The numbers are not all that ran: the tool tells of failures alone, or they contradict one another. */
  readonly partial?: boolean;
  /** Made of many lines all over the output, so it is wrong where a part of the output is missing. */
  readonly fromAllLines?: boolean;
  /** The line, or the lines, that say so. */
  readonly line: string;
}

/** Reads what one tool says. undefined: it says nothing here. */
export type ReadSummary = (lines: readonly string[]) => Summary | undefined;

/**
 * The numbers of a list like `1 failed, 2 passed` or `1 failed | 12 passed (13)`, by their words. Words that come twice
 * are added up.
 */
export function numbersIn(text: string): Readonly<Record<string, number>> {
  const numbers: Record<string, number> = {};
  for (const [, count, words] of text.matchAll(/([0-9]+) ([a-z]+(?: [a-z]+)*)/g))
    numbers[words ?? ''] = (numbers[words ?? ''] ?? 0) + Number(count);
  return numbers;
}

/** The sum of those of the numbers that have one of these words. */
export function sumOf(numbers: Readonly<Record<string, number>>, ...words: readonly string[]): number {
  return words.reduce((sum, word) => sum + (numbers[word] ?? 0), 0);
}

/** The first group of a pattern as a number; undefined where it does not fit. */
export function numberIn(text: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Added up, or undefined where there is none. */
export function summed(parts: readonly Summary[]): Summary | undefined {
  const worst =
    parts.findLast(({ failed }) => failed > 0) ?? parts.findLast(({ missing = 0 }) => missing > 0) ?? parts.at(-1);
  if (worst === undefined) return undefined;
  const sum = (of: (part: Summary) => number) => parts.reduce((total, part) => total + of(part), 0);
  return {
    passed: sum(({ passed }) => passed),
    failed: sum(({ failed }) => failed),
    skipped: sum(({ skipped }) => skipped),
    missing: sum(({ missing = 0 }) => missing),
    partial: parts.some(({ partial }) => partial === true),
    fromAllLines: parts.some(({ fromAllLines }) => fromAllLines === true),
    line: worst.line,
  };
}

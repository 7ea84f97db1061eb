import { numberIn, summed, type ReadSummary, type Summary } from './summary.ts';

const BUN = /^Ran ([0-9]+) tests? across [0-9]+ files?\./;
const UVU_TOTAL = /^ {2}Total: +([0-9]+)$/;
const UVU_PASSED = /^ {2}Passed: +([0-9]+)$/;
const UVU_SKIPPED = /^ {2}Skipped: +([0-9]+)$/;

/** Bun: ` 2 pass`, ` 1 fail`, ` 1 error`, …, and below them `Ran 3 tests across 1 file.` */
export const bun: ReadSummary = (lines) =>
  summed(
    lines.flatMap((line, at): Summary[] => {
      if (!BUN.test(line)) return [];
      const block = lines.slice(Math.max(0, at - 8), at);
      const of = (word: string) =>
        block.reduce((sum, one) => sum + (numberIn(one, new RegExp(`^ *([0-9]+) ${word}$`)) ?? 0), 0);
      return [{ passed: of('pass'), failed: of('fail') + of('errors?'), skipped: of('skip') + of('todo'), line }];
    }),
  );

/** uvu: `  Total:     3`, `  Passed:    2`, `  Skipped:   1`; what is skipped is not part of the total. */
export const uvu: ReadSummary = (lines) =>
  summed(
    lines.flatMap((line, at): Summary[] => {
      const [total, passed, skipped] = [
        numberIn(line, UVU_TOTAL),
        numberIn(lines[at + 1] ?? '', UVU_PASSED),
        numberIn(lines[at + 2] ?? '', UVU_SKIPPED),
      ];
      if (total === undefined || passed === undefined || skipped === undefined) return [];
      return [
        {
          passed,
          failed: Math.max(0, total - passed),
          skipped,
          partial: total < passed,
          line: [line, lines[at + 1]].map((one) => (one ?? '').trim()).join(', '),
        },
      ];
    }),
  );

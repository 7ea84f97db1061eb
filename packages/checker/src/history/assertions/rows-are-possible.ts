import type { Assertion, Violation } from '../violation.ts';

/** A10. Rows that cannot be (P15) are never there, at no moment that was looked at. */
export const rowsArePossible: Assertion = ({ events, testimony }) => [
  ...events.flatMap((event): Violation[] =>
    event.op === 'sample' && event.impossible > 0
      ? [{ assertion: 'A10', t: event.t, what: `${event.impossible} rows that cannot be` }]
      : [],
  ),
  ...(testimony.impossible > 0
    ? [{ assertion: 'A10' as const, what: `${testimony.impossible} rows at the end that cannot be` }]
    : []),
];

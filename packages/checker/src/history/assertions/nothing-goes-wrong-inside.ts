import type { Assertion, Violation } from '../violation.ts';

const INTERNAL_ERROR = '500 ';

/**
 * A14. Whatever is disturbed, no call is answered 500: what the database cannot do just now is a 503, which says to try
 * again.
 */
export const nothingGoesWrongInside: Assertion = ({ events }) =>
  events.flatMap((event): Violation[] =>
    (event.phase === 'fail' || event.phase === 'info') && event.why.startsWith(INTERNAL_ERROR)
      ? [{ assertion: 'A14', t: event.t, what: `a call (${event.op}) was answered ${event.why}` }]
      : [],
  );

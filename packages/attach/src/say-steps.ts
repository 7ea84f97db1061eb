import { LOCK_TIMEOUT_MS } from './in-short-locks.ts';
import type { Step } from './build-attach.ts';

/** The statements as a file that psql can run. */
export function saySteps(steps: readonly Step[]): string {
  return [
    'begin;',
    `set local lock_timeout = ${LOCK_TIMEOUT_MS}; -- milliseconds`,
    '',
    ...steps.flatMap(({ says, sql }) => [`-- ${says}`, `${sql};`, '']),
    'commit;',
  ].join('\n');
}

import { NeedsInput, RunAborted, StoppedAtCheckpoint, TaskFailure } from '@orchestra-brake/worker';
import fc from 'fast-check';
import { outcomeOf, type Ending } from '../../../worker/src/outcome.ts';
import { SEED, type Model } from './model.ts';

const stop = new StoppedAtCheckpoint({ stop: true, why: 'unknown', reason: 'nothing is known', pause: null });

const ending: fc.Arbitrary<Ending> = fc.oneof(
  fc.anything({ maxDepth: 1 }).map((returned) => ({ returned })),
  fc.constant(new NeedsInput('why?')).map((returned) => ({ returned })),
  fc
    .constantFrom<unknown>(
      new Error('boom'),
      new TaskFailure('in vain', { retry: false }),
      new NeedsInput('why?'),
      stop,
      'text',
      undefined,
    )
    .map((threw) => ({ threw })),
);
const aborted = fc.constantFrom(
  undefined,
  new RunAborted('run-lost', 'lost'),
  new RunAborted('shutdown', 'ends'),
  new RunAborted('lease-lapsed', 'lapsed'),
);

/** What the worker tells, as a table: the first line that applies. */
function onPaper(how: Ending, stopped: boolean, abort: RunAborted | undefined): string {
  const brought = 'returned' in how ? how.returned : how.threw;
  const table: [boolean, string][] = [
    [abort?.why === 'run-lost', 'drop'],
    [brought instanceof NeedsInput, 'ask'],
    [stopped, 'release'],
    ['returned' in how, 'complete'],
    [abort !== undefined, 'release'],
    [true, 'fail'],
  ];
  return table.find(([applies]) => applies)?.[1] ?? '';
}

export const outcomeModel: Model = {
  name: 'P10 P11 what the end of a handler means',
  check: () =>
    fc.assert(
      fc.property(ending, fc.boolean(), aborted, (how, stopped, abort) => {
        const outcome = outcomeOf(how, stopped ? stop : undefined, abort);
        if (outcome.kind !== onPaper(how, stopped, abort))
          throw new Error(`${outcome.kind}, and on paper ${onPaper(how, stopped, abort)}`);
        if (outcome.kind === 'fail' && outcome.retry === outcome.thrown instanceof TaskFailure)
          throw new Error(`a retry: ${outcome.retry}`);
      }),
      { ...SEED, numRuns: 1_000 },
    ),
};

import { expect, test } from 'vitest';
import { needsInput } from './needs-input.ts';
import { outcomeOf } from './outcome.ts';
import { RunAborted, StoppedAtCheckpoint, TaskFailure } from './stop-reasons.ts';

const stopped = new StoppedAtCheckpoint({ stop: true, why: 'unknown', reason: 'unknown', pause: null });
const lost = new RunAborted('run-lost', 'reaped at noon');
const lapsed = new RunAborted('lease-lapsed', 'silent for 60 s');
const shutdown = new RunAborted('shutdown', 'the worker stops');
const boom = new Error('boom');

test.each([
  ['returned', { returned: 7 }, undefined, undefined, { kind: 'complete', result: 7 }],
  ['returned in spite of a shutdown', { returned: 7 }, undefined, shutdown, { kind: 'complete', result: 7 }],
  [
    'returned in spite of a lapsed lease: the fence decides',
    { returned: 7 },
    undefined,
    lapsed,
    { kind: 'complete', result: 7 },
  ],
  ['stopped', { threw: stopped }, stopped, undefined, { kind: 'release', cause: 'pause' }],
  [
    'stopped, and the handler caught it and returned',
    { returned: 'half' },
    stopped,
    undefined,
    { kind: 'release', cause: 'pause' },
  ],
  ['stopped, and its clean-up threw', { threw: boom }, stopped, undefined, { kind: 'release', cause: 'pause' }],
  ['threw', { threw: boom }, undefined, undefined, { kind: 'fail', retry: true }],
  [
    'threw with more to say',
    { threw: new TaskFailure('no', { retry: false, result: { x: 1 } }) },
    undefined,
    undefined,
    { kind: 'fail', retry: false, result: { x: 1 } },
  ],
  ['threw at shutdown', { threw: boom }, undefined, shutdown, { kind: 'release', cause: 'shutdown' }],
  ['threw at a lapsed lease', { threw: boom }, undefined, lapsed, { kind: 'release', cause: 'shutdown' }],
  [
    'returned questions',
    { returned: needsInput('which?') },
    undefined,
    undefined,
    { kind: 'ask', questions: 'which?' },
  ],
  ['threw questions', { threw: needsInput('which?') }, undefined, undefined, { kind: 'ask', questions: 'which?' }],
  ['stopped, and asked', { returned: needsInput('which?') }, stopped, undefined, { kind: 'ask', questions: 'which?' }],
  ['asked at shutdown', { threw: needsInput('which?') }, undefined, shutdown, { kind: 'ask', questions: 'which?' }],
  [
    'lost, though it asked',
    { returned: needsInput('which?') },
    undefined,
    lost,
    { kind: 'drop', why: 'reaped at noon' },
  ],
  ['lost, whatever it brought', { returned: 7 }, undefined, lost, { kind: 'drop', why: 'reaped at noon' }],
  ['lost while stopped', { threw: stopped }, stopped, lost, { kind: 'drop' }],
] as const)('%s', (_what, ending, stop, abortReason, outcome) => {
  expect(outcomeOf(ending, stop, abortReason)).toMatchObject(outcome);
});

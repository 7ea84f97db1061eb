import { expect, test } from 'vitest';
import { probeVerdict } from './probe-verdict.ts';

test.each([
  [{ status: 'queued', marked: true, claimed: false, endedAs: null }, 'waits'],
  [{ status: 'running', marked: true, claimed: true, endedAs: null }, 'runs'],
  [{ status: 'succeeded', marked: false, claimed: true, endedAs: 'completed' }, 'done'],
  // a failed run that may be tried again has failed all the same
  [{ status: 'queued', marked: false, claimed: true, endedAs: 'failed' }, 'code'],
  [{ status: 'failed', marked: false, claimed: true, endedAs: 'failed' }, 'code'],
  [{ status: 'held', marked: false, claimed: true, endedAs: 'held' }, 'environment'],
  [{ status: 'queued', marked: false, claimed: true, endedAs: 'released' }, 'lost'],
  [{ status: 'queued', marked: false, claimed: true, endedAs: 'reaped' }, 'lost'],
  [{ status: 'queued', marked: false, claimed: true, endedAs: 'retried' }, 'lost'],
  [{ status: 'queued', marked: false, claimed: true, endedAs: 'asked' }, 'lost'],
  // it was claimed again since, by whatever let it
  [{ status: 'running', marked: false, claimed: true, endedAs: 'reaped' }, 'lost'],
  // somebody took the mark from a task that waited, or from one that runs
  [{ status: 'queued', marked: false, claimed: false, endedAs: null }, 'lost'],
  [{ status: 'running', marked: false, claimed: true, endedAs: null }, 'runs'],
  [{ status: 'cancelled', marked: false, claimed: false, endedAs: null }, 'lost'],
  // ended by hand, without an event
  [{ status: 'succeeded', marked: false, claimed: true, endedAs: null }, 'done'],
  [{ status: 'failed', marked: false, claimed: true, endedAs: null }, 'code'],
  [{ status: 'held', marked: false, claimed: true, endedAs: null }, 'environment'],
  [{ status: 'cancelled', marked: false, claimed: true, endedAs: null }, 'lost'],
  [{ status: null, marked: false, claimed: false, endedAs: null }, 'lost'],
] as const)('%j: %s', (facts, verdict) => {
  expect(probeVerdict(facts)).toBe(verdict);
});

import type { PauseReceipt } from '@orchestra/pause-core/contract';
import { expect, test } from 'vitest';
import { showReceipt } from './receipt.ts';

const RECEIPT: PauseReceipt = {
  id: '7',
  scope_kind: 'agent',
  scope_value: 'skeptic',
  also: null,
  reason: 'loops',
  source: 'person',
  paused_at: '2026-11-21T03:54:38.995Z',
  paused_by: 'dana',
  ttl_seconds: null,
  expires_at: null,
  cleared_at: null,
  cleared_by: null,
  quiet_at: null,
  then: 'resume',
  stayed_at: null,
  probing_at: null,
  probe_task_id: null,
  warned_at: null,
  label_known: true,
  settled: true,
  durable: 'local',
  in_flight: [],
  in_flight_count: 0,
  claimed_ahead: [],
  claimed_ahead_count: 0,
  queued: 2,
  queued_more: false,
  gates: null,
  attached: [],
  stop: null,
  not_read: null,
};

test('a receipt whose numbers could not be read says that the pause was made', () => {
  const unread = {
    settled: null,
    in_flight: null,
    in_flight_count: null,
    claimed_ahead: null,
    claimed_ahead_count: null,
    queued: null,
    queued_more: null,
    not_read: 'its numbers: why',
  };
  const shown = showReceipt({ ...RECEIPT, ...unread });
  expect(shown).toContain('the pause was made; its numbers could not be read\ncould not be read: its numbers: why');
  expect(shown).toContain('NOT KNOWN WHETHER SETTLED');
  expect(showReceipt(RECEIPT)).not.toContain('could not be read');
});

test('a receipt tells of each attached queue by name, and loudly of one that has not settled', () => {
  const work = {
    engine: 'graphile-worker',
    in_flight_count: 1,
    claimed_ahead_count: 3,
    queued: 7,
    queued_more: false,
    not_read: null,
  };
  const shown = showReceipt({
    ...RECEIPT,
    attached: [
      { ...work, name: 'jobs', settled: true, not_settled: null },
      { ...work, name: 'flows', settled: false, not_settled: 'an old transaction' },
      {
        ...work,
        name: 'away',
        settled: true,
        not_settled: null,
        in_flight_count: null,
        claimed_ahead_count: null,
        queued: null,
        queued_more: null,
        not_read: 'its jobs: why',
      },
    ],
  });
  expect(shown).toContain('jobs (attached): settled; 1 in flight, 3 claimed ahead, 7 waiting');
  expect(shown).toContain('flows (attached): NOT SETTLED: an old transaction; 1 in flight');
  expect(shown).toContain('away (attached): settled; its jobs are not known: its jobs: why');
  expect(showReceipt({ ...RECEIPT, attached: null })).toContain('it could not be read which queues are attached');
});

test('a receipt with running tasks says how to stop them, unless they are being stopped', () => {
  const run = {
    task_id: '41',
    run_id: '0b6c6f0e-58f2-4c0b-9d1e-2f1f7c9a4e11',
    worker: 'w-1',
    host: null,
    started_at: RECEIPT.paused_at,
    heartbeat_at: RECEIPT.paused_at,
    agent_id: 'skeptic',
    skill: null,
    quest_id: null,
    actor_id: null,
  };
  const running = { ...RECEIPT, in_flight: [run], in_flight_count: 1 };
  expect(showReceipt(running)).toContain('to stop what runs: orchestra task stop --pause 7 --reason …');
  expect(showReceipt(RECEIPT)).not.toContain('to stop what runs');
  const stop = {
    id: '3',
    asked_at: RECEIPT.paused_at,
    asked_by: 'dana',
    reason: 'loops',
    then: 'requeue' as const,
    runs_count: 1,
    told_count: 0,
    obeyed_count: 0,
    ended_count: 0,
    fenced_count: 0,
    waiting_count: 1,
    runs: [],
    passed_over: [],
    more: false,
  };
  expect(showReceipt({ ...running, stop })).toContain('in flight, and told to stop: 1 run');
  expect(showReceipt({ ...running, stop })).not.toContain('to stop what runs');
});

test('a receipt says that a standby has the pause, and nothing where none does', () => {
  expect(showReceipt({ ...RECEIPT, durable: 'replicated' })).toContain('durable: a standby has it too');
  expect(showReceipt(RECEIPT)).not.toContain('standby');
});

test('a receipt of a pause that ends with a probe says what becomes of the jobs of attached queues', () => {
  const attached = [
    {
      name: 'pg-boss',
      engine: 'pg-boss',
      in_flight_count: 0,
      claimed_ahead_count: 0,
      queued: 3,
      queued_more: false,
      not_read: null,
      settled: true,
      not_settled: null,
    },
  ];
  const words = 'jobs of attached queues stay paused until a test task of Orchestra has succeeded';
  expect(showReceipt({ ...RECEIPT, then: 'probe', attached })).toContain(words);
  expect(showReceipt({ ...RECEIPT, then: 'probe' })).not.toContain(words);
  expect(showReceipt({ ...RECEIPT, attached })).not.toContain(words);
});

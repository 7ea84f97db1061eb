import type { TaskStatus } from '@orchestra/task-queue/contract';
import { expect, test } from 'vitest';
import { Ledger } from './ledger.ts';

test('what was heard twice counts once', () => {
  const ledger = new Ledger();
  ledger.add(['1', '2']);
  ledger.ended('1', 'failed');
  ledger.ended('1', 'failed');
  ledger.ended('9', 'failed');
  expect([ledger.done, ledger.total, ledger.failed, ledger.settled]).toEqual([1, 2, 1, false]);
});

test('tasks that nobody spoke of are found by asking, a few at a time and each in its turn', async () => {
  const ledger = new Ledger();
  ledger.add(['1', '2', '3', '4', '5']);
  const truth: Record<string, TaskStatus> = { 1: 'running', 2: 'queued', 3: 'succeeded', 4: 'failed', 5: 'running' };
  const asked: string[] = [];
  const statusOf = async (id: string): Promise<TaskStatus> => {
    asked.push(id);
    return truth[id] ?? 'cancelled';
  };
  await ledger.reconcile(statusOf);
  await ledger.reconcile(statusOf);
  expect(asked).toEqual(['1', '2', '3', '4', '5', '1']);
  expect([ledger.done, ledger.failed]).toEqual([2, 1]);
});

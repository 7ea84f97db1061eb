import { expect, test } from 'vitest';
import { classifyProcess, type RunProcess } from './classify-process.ts';
import type { ProcessSeen } from './process-table.ts';

const here = { host: 'box', boot_id: 'boot-2', pid_namespace: 'pid:[1]' };
const run: RunProcess = { host: 'box', pid: 4711, boot_id: 'boot-2', pid_namespace: 'pid:[1]', process_started: 500 };
const alive: ProcessSeen = { startedAtTicks: 500 };

test.each<[string, Partial<RunProcess>, ProcessSeen, ReturnType<typeof classifyProcess>]>([
  ['the process lives', {}, alive, undefined],
  ['the process is gone', {}, 'gone', 'process_gone'],
  ['F13 its pid has been given to another process', {}, { startedAtTicks: 501 }, 'process_gone'],
  ['the table does not tell', {}, 'unknown', undefined],
  ['it ran in another container of the same machine and name', { pid_namespace: 'pid:[2]' }, 'gone', undefined],
  ['it ran on this machine before that was started anew', { boot_id: 'boot-1' }, alive, 'other_boot'],
  ['it ran in a container before that', { boot_id: 'boot-1', pid_namespace: 'pid:[2]' }, alive, 'other_boot'],
  ['it ran on another machine', { boot_id: 'boot-9', host: 'elsewhere' }, 'gone', undefined],
  ['it ran on this machine under another name', { host: 'renamed' }, 'gone', 'process_gone'],
  ['it ran on some machine without a name', { boot_id: 'boot-9', host: null }, 'gone', undefined],
])('%s', (_case, told, seen, verdict) => {
  expect(classifyProcess({ ...run, ...told }, here, () => seen)).toBe(verdict);
});

import { classifyProcess, type RunProcess } from '@orchestra/task-queue';
import fc from 'fast-check';
import type { ProcessSeen } from '@orchestra/task-queue/process-table';
import { SEED, type Model } from './model.ts';

const HERE = { host: 'box', boot_id: 'boot-1', pid_namespace: 'ns-1' };
const run: fc.Arbitrary<RunProcess> = fc.record({
  host: fc.constantFrom('box', 'elsewhere', null),
  pid: fc.constantFrom(7, 8),
  boot_id: fc.constantFrom('boot-1', 'boot-0'),
  pid_namespace: fc.constantFrom('ns-1', 'ns-2'),
  process_started: fc.constantFrom(100, 200),
});
const seen: fc.Arbitrary<ProcessSeen> = fc.constantFrom<ProcessSeen>(
  'gone',
  'unknown',
  { startedAtTicks: 100 },
  { startedAtTicks: 200 },
);

/** Dead for certain: this very process is not there any more, by a table that would show it. */
export const processModel: Model = {
  name: 'P15 which process is dead for certain (F13)',
  check: () =>
    fc.assert(
      fc.property(run, seen, (of, table) => {
        const verdict = classifyProcess(of, HERE, () => table);
        const formerBoot = of.boot_id !== HERE.boot_id && of.host === HERE.host;
        const tableKnows =
          of.boot_id === HERE.boot_id && of.pid_namespace === HERE.pid_namespace && table !== 'unknown';
        const isThere = typeof table === 'object' && table.startedAtTicks === of.process_started;
        const wanted = formerBoot ? 'other_boot' : tableKnows && !isThere ? 'process_gone' : undefined;
        if (verdict !== wanted) throw new Error(`${verdict}, not ${wanted}`);
      }),
      { ...SEED, numRuns: 1_000 },
    ),
};

import type { QueueView } from '@orchestra/task-queue/contract';
import { direct } from '../flags/direct.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Queue extends OrchestraCommand {
  static override summary = 'how many tasks are where, and what the gates and the pauses hold back';
  static override flags = { direct };

  async run(): Promise<QueueView> {
    const { flags } = await this.parse(Queue);
    const { atDesk } = await import('../desk/at-desk.ts');
    const { showGates } = await import('../show/gates.ts');
    const { table } = await import('../show/table.ts');
    const queue = await atDesk(flags.direct, (desk) => desk.queue());
    this.show(table(Object.entries(queue.counts), [
      { head: 'STATUS', cell: ([status]) => status },
      { head: 'TASKS', cell: ([, count]) => count, align: 'right' },
    ]));
    this.show('');
    this.show(showGates(queue.serial_gate));
    this.show(`pauses: ${queue.pauses.active} active; ${queue.pauses.deferred} queued tasks put off by them`);
    this.show(`reaper: a run without a heartbeat for ${queue.reaper.lease_seconds}s is taken away; ${queue.reaper.reaped_total} so far`);
    if (queue.reaper.impossible_queued_total > 0) this.show(`healed: ${queue.reaper.impossible_queued_total} queued rows that still named a run`);
    return queue;
  }
}

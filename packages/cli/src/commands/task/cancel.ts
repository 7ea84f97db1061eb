import { Flags } from '@oclif/core';
import type { ActPreview } from '@orchestra/task-queue/contract';
import type { Acted } from '../../act-on-selected.ts';
import { actFlags, runAct } from '../../run-act.ts';
import { filterFlags } from '../../flags/selection.ts';
import { taskIds } from '../../flags/task-ids.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskCancel extends OrchestraCommand {
  static override summary = 'cancel tasks that wait or are held: one, several, or all that are alike';
  static override description =
    'A task that is running is passed over: `task stop ID --then cancel` ends its run first. Twenty ' +
    'tasks or more have to be typed out, or --yes said; where there is no terminal, --yes is needed.';
  static override examples = [
    '<%= config.bin %> task cancel 1207 1208 --reason "wrong brief"',
    '<%= config.bin %> task cancel --quest q-7 --dry-run',
  ];
  static override strict = false;
  static override args = { id: taskIds };
  static override flags = {
    ...filterFlags,
    status: Flags.string({ description: 'only those', options: ['queued', 'held'] }),
    ...actFlags,
  };

  async run(): Promise<Acted | ActPreview> {
    const { argv, flags } = await this.parse(TaskCancel);
    const { cancelTasksRequest } = await import('@orchestra/task-queue/contract');
    return runAct({
      ids: argv,
      flags,
      words: { verb: 'cancel', done: 'cancelled' },
      show: (text) => this.show(text),
      talk: (text) => this.talk(text),
      make: (checked, selection) => ({
        act: 'cancel',
        request: checked(cancelTasksRequest, { ...selection, reason: flags.reason }),
      }),
    });
  }
}

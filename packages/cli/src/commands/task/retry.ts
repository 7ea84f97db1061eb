import { Flags } from '@oclif/core';
import type { ActPreview } from '@orchestra/task-queue/contract';
import type { Acted } from '../../act-on-selected.ts';
import { actFlags, runAct } from '../../run-act.ts';
import { filterFlags } from '../../flags/selection.ts';
import { taskIds } from '../../flags/task-ids.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskRetry extends OrchestraCommand {
  static override summary = 'bring failed or cancelled tasks back to the queue: one, several, or all that are alike';
  static override description =
    'Each stands in its old place and stage, with all its attempts, and its next run is given the cursor ' +
    'of the last one. What a filter finds are those that failed, unless --status cancelled is said. ' +
    'Twenty tasks or more have to be typed out, or --yes said; where there is no terminal, --yes is needed.';
  static override examples = [
    '<%= config.bin %> task retry 1207',
    '<%= config.bin %> task retry --agent skeptic --since 2h --reason "the vendor is back"',
  ];
  static override strict = false;
  static override args = { id: taskIds };
  static override flags = {
    ...filterFlags,
    status: Flags.string({ description: 'only those', options: ['failed', 'cancelled'] }),
    'from-start': Flags.boolean({ description: 'forget the cursor that an earlier run has left' }),
    ...actFlags,
  };

  async run(): Promise<Acted | ActPreview> {
    const { argv, flags } = await this.parse(TaskRetry);
    const { retryTasksRequest } = await import('@orchestra/task-queue/contract');
    return runAct({
      ids: argv,
      flags,
      words: { verb: 'retry', done: 'back in the queue' },
      show: (text) => this.show(text),
      talk: (text) => this.talk(text),
      make: (checked, selection) => ({
        act: 'retry',
        request: checked(retryTasksRequest, { ...selection, from_start: flags['from-start'], reason: flags.reason }),
      }),
    });
  }
}

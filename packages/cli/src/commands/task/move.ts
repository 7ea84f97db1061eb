import { Flags } from '@oclif/core';
import type { ActPreview } from '@orchestra/task-queue/contract';
import type { Acted } from '../../act-on-selected.ts';
import { actFlags, runAct } from '../../run-act.ts';
import { filterFlags } from '../../flags/selection.ts';
import { taskIds } from '../../flags/task-ids.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskMove extends OrchestraCommand {
  static override summary = 'give tasks another priority: one, several, or all that are alike';
  static override description =
    'A smaller priority goes first; among those of one priority tasks stand in the order in which they ' +
    'were added. A running task comes back with it, should it come back. Twenty tasks or more have to be ' +
    'typed out, or --yes said; where there is no terminal, --yes is needed.';
  static override examples = [
    '<%= config.bin %> task move 1207 --priority -10',
    '<%= config.bin %> task move --quest q-7 --priority 5',
  ];
  static override strict = false;
  static override args = { id: taskIds };
  static override flags = {
    priority: Flags.integer({
      required: true,
      description: 'smaller goes first; tasks have 0 unless told otherwise',
      min: -32_768,
      max: 32_767,
      helpValue: '-10',
    }),
    ...filterFlags,
    status: Flags.string({ description: 'only those', options: ['queued', 'held', 'running'] }),
    ...actFlags,
  };

  async run(): Promise<Acted | ActPreview> {
    const { argv, flags } = await this.parse(TaskMove);
    const { moveTasksRequest } = await import('@orchestra/task-queue/contract');
    return runAct({
      ids: argv,
      flags,
      words: { verb: 'move', done: `moved to priority ${flags.priority}` },
      show: (text) => this.show(text),
      talk: (text) => this.talk(text),
      make: (checked, selection) => ({
        act: 'move',
        request: checked(moveTasksRequest, { ...selection, priority: flags.priority, reason: flags.reason }),
      }),
    });
  }
}

import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { direct } from '../../flags/direct.ts';
import { labelFlags, toLabels } from '../../flags/labels.ts';
import { limit } from '../../flags/limit.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskList extends OrchestraCommand {
  static override summary = 'tasks, newest first';
  static override examples = ['<%= config.bin %> task list --agent skeptic --status queued'];
  static override flags = {
    ...labelFlags,
    status: Flags.string({ description: 'only those', options: ['queued', 'running', 'succeeded', 'failed', 'held', 'cancelled'] }),
    repo: Flags.string({ description: 'only those of this repository', helpValue: 'NAME' }),
    parked: Flags.boolean({ description: 'only those that are parked; --no-parked: only others', allowNo: true }),
    limit,
    direct,
  };

  async run(): Promise<{ tasks: TaskView[]; more: boolean }> {
    const { flags } = await this.parse(TaskList);
    const { tasksQuery } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showTasks } = await import('../../show/tasks.ts');
    const filter = checked(tasksQuery, { ...toLabels(flags), status: flags.status, repo: flags.repo, limit: flags.limit });
    const { rows, more } = await atDesk(flags.direct, (desk) => desk.tasks({ ...filter, ...(flags.parked !== undefined && { parked: flags.parked }) }));
    this.show(showTasks(rows));
    if (more) this.hint(`there are more; --limit ${Math.min(flags.limit * 2, 200)} shows more of them`);
    return { tasks: rows, more };
  }
}

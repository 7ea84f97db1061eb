import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { instantFlag } from '../../flags/instant.ts';
import { labelFlags, toLabels } from '../../flags/labels.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskList extends OrchestraCommand {
  static override summary = 'tasks, newest first';
  static override examples = ['<%= config.bin %> task list --agent skeptic --status queued', '<%= config.bin %> task list --held-by 42', '<%= config.bin %> task list --status failed --since 2h'];
  static override flags = {
    ...labelFlags,
    status: Flags.string({ description: 'only those', options: ['queued', 'running', 'succeeded', 'failed', 'held', 'cancelled'] }),
    repo: Flags.string({ description: 'only those of this repository', helpValue: 'NAME' }),
    parked: Flags.boolean({ description: 'only those that are parked; --no-parked: only others', allowNo: true }),
    'held-by': Flags.string({ description: 'only those that wait under this pause', helpValue: 'PAUSE' }),
    since: instantFlag({ description: 'added since: so long ago (2h), or an instant (2026-11-21T03:00:00Z)' }),
    until: instantFlag({ description: 'added before' }),
    limit,
    ...deskFlags,
  };

  async run(): Promise<{ tasks: TaskView[]; more: boolean }> {
    const { flags } = await this.parse(TaskList);
    const { tasksQuery } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showTasks } = await import('../../show/tasks.ts');
    const filter = checked(tasksQuery, {
      ...toLabels(flags), status: flags.status, repo: flags.repo, held_by: flags['held-by'], created_since: flags.since, created_until: flags.until, limit: flags.limit,
    });
    const { rows, more } = await atDesk(flags.direct, (desk) => desk.tasks({ ...filter, ...(flags.parked !== undefined && { parked: flags.parked }) }));
    this.show(showTasks(rows));
    if (more) this.hint(sayMore(flags.limit));
    return { tasks: rows, more };
  }
}

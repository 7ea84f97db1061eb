import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { instantFlag } from '../../flags/instant.ts';
import { labelFlags, toLabels } from '../../flags/labels.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class TaskList extends OrchestraCommand {
  static override summary = 'tasks, newest first';
  static override examples = [
    '<%= config.bin %> task list --agent skeptic --status queued',
    '<%= config.bin %> task list --held-by 42',
    '<%= config.bin %> task list --failed --since 2h',
    '<%= config.bin %> task list --running-longer-than 10m',
  ];
  static override flags = {
    ...labelFlags,
    failed: Flags.boolean({
      description: 'only those that have failed for good, with why and when',
      exclusive: ['status'],
    }),
    'running-longer-than': durationFlag({ description: 'only those whose run began longer ago', helpValue: '10m' }),
    status: Flags.string({
      description: 'only those',
      options: ['queued', 'running', 'succeeded', 'failed', 'held', 'cancelled'],
    }),
    repo: Flags.string({ description: 'only those of this repository', helpValue: 'NAME' }),
    paused: Flags.boolean({
      description: 'only queued tasks that an active pause covers; --no-paused: only others',
      allowNo: true,
    }),
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
    const { showFailedTasks, showTasks } = await import('../../show/tasks.ts');
    const filter = checked(tasksQuery, {
      ...toLabels(flags),
      status: flags.failed ? 'failed' : flags.status,
      running_longer_than_seconds: flags['running-longer-than'],
      repo: flags.repo,
      held_by: flags['held-by'],
      created_since: flags.since,
      created_until: flags.until,
      limit: flags.limit,
    });
    const { rows, more } = await atDesk(flags.direct, (desk) =>
      desk.tasks({
        ...filter,
        ...(flags.parked !== undefined && { parked: flags.parked }),
        ...(flags.paused !== undefined && { paused: flags.paused }),
      }),
    );
    this.show(flags.failed || flags.status === 'failed' ? showFailedTasks(rows) : showTasks(rows));
    if (flags.failed && rows.length > 0)
      this.hint(
        `to give some of them all their attempts again: ${COMMAND} task retry ID, or task retry with the same filters`,
      );
    if (more) this.hint(sayMore(flags.limit));
    return { tasks: rows, more };
  }
}

import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class TaskPark extends OrchestraCommand {
  static override summary = 'set one task aside, so that its repo goes on without it';
  static override description =
    "No worker takes it and it does not hold its repo's gate; its place is kept, and no attempt is used " +
    'up. What is running goes on to its end. A task that is parked already keeps its first reason, ' +
    'unless it is parked for its question: then the answer does not bring it back, but only `task unpark`.';
  static override examples = ['<%= config.bin %> task park 1207 --reason "waits for the new schema"'];
  static override args = { id: taskId };
  static override flags = {
    reason: Flags.string({ required: true, description: 'why, for everyone who meets this task' }),
    ...deskFlags,
  };

  async run(): Promise<TaskView> {
    const { args, flags } = await this.parse(TaskPark);
    const { parkTaskRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayParked } = await import('../../show/tasks.ts');
    const request = checked(parkTaskRequest, { task_id: args.id, reason: flags.reason });
    const task = await atDesk(flags.direct, (desk) => desk.park(request));
    this.show(`task ${task.id} is parked ${sayParked(task)}`);
    if (task.status === 'running')
      this.show(
        'its run goes on to its end; should the task go back to the queue, it stays ' +
          `aside${task.repo === null ? '' : `. Meanwhile the gate of repo ${task.repo} does not count it: another ` + 'task may start beside it'}`,
      );
    this.show(`to bring it back to its place: ${COMMAND} task unpark ${task.id}`);
    return task;
  }
}

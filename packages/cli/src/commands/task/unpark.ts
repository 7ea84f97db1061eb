import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class TaskUnpark extends OrchestraCommand {
  static override summary = 'bring a parked task back to its old place';
  static override description =
    'A question that it has asked stays open: it goes on without an answer. To answer it, use `task ' +
    'answer`, which unparks as well.';
  static override args = { id: taskId };
  static override flags = deskFlags;

  async run(): Promise<TaskView> {
    const { args, flags } = await this.parse(TaskUnpark);
    const { unparkTaskRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const request = checked(unparkTaskRequest, { task_id: args.id });
    const task = await atDesk(flags.direct, (desk) => desk.unpark(request));
    this.show(
      `task ${task.id} is not parked any more: it is ` +
        `${task.status}${task.status === 'queued' ? ', in its old place' : ''}`,
    );
    if (task.questions !== null && task.answer === null)
      this.hint(`what it has asked stays open: ${COMMAND} task answer ${task.id}`);
    return task;
  }
}

import type { TaskView } from '@orchestra/task-queue/contract';
import { direct } from '../../flags/direct.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskShow extends OrchestraCommand {
  static override summary = 'one task: where it stands, who runs it, its payload and its result';
  static override args = { id: taskId };
  static override flags = { direct };

  async run(): Promise<TaskView> {
    const { args, flags } = await this.parse(TaskShow);
    const { id } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showTask } = await import('../../show/tasks.ts');
    const request = checked(z.object({ id }), args);
    const task = await atDesk(flags.direct, (desk) => desk.task(request.id));
    this.show(showTask(task));
    return task;
  }
}

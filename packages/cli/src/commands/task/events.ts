import type { TaskEventView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskEvents extends OrchestraCommand {
  static override summary = 'what happened to a task, oldest first';
  static override args = { id: taskId };
  static override flags = { limit, ...deskFlags };

  async run(): Promise<{ events: TaskEventView[]; more: boolean }> {
    const { args, flags } = await this.parse(TaskEvents);
    const { checkedId } = await import('../../checked-id.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showTaskEvents } = await import('../../show/tasks.ts');
    const id = checkedId(args.id);
    const { rows, more } = await atDesk(flags.direct, (desk) => desk.taskEvents(id, flags.limit));
    this.show(showTaskEvents(rows));
    if (more) this.hint(sayMore(flags.limit));
    return { events: rows, more };
  }
}

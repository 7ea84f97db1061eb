import type { TaskWhy as Why } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskWhy extends OrchestraCommand {
  static override summary = 'why a task is not running, what must go first, and when it could start';
  static override description =
    'Over the database (--direct) without the settings of the services: the serial gate counts as on for ' +
    'every repo, and no runner as switched on.';
  static override examples = ['<%= config.bin %> task why 1207'];
  static override args = { id: taskId };
  static override flags = deskFlags;

  async run(): Promise<Why> {
    const { args, flags } = await this.parse(TaskWhy);
    const { checkedId } = await import('../../checked-id.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showWhy } = await import('../../show/why.ts');
    const id = checkedId(args.id);
    const why = await atDesk(flags.direct, (desk) => desk.why(id));
    this.show(showWhy(why));
    return why;
  }
}

import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class TaskRelease extends OrchestraCommand {
  static override summary = 'let a held task go on, once what stopped it is repaired';
  static override description =
    'It goes back to its old place and stage, with no attempt used. One that is parked stays parked, and ' +
    'one that a pause covers stays covered. `task show` says what stopped it.';
  static override examples = ['<%= config.bin %> task release 1207 --reason "docker is installed"'];
  static override args = { id: taskId };
  static override flags = {
    reason: Flags.string({ description: 'what was repaired, for the history' }),
    ...deskFlags,
  };

  async run(): Promise<TaskView> {
    const { args, flags } = await this.parse(TaskRelease);
    const { id: idText, reason } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const request = checked(z.object({ id: idText, reason: reason.optional() }), { id: args.id, reason: flags.reason });
    const task = await atDesk(flags.direct, (desk) => desk.release(request.id, request.reason));
    this.show(
      `task ${task.id} goes on: it is ` +
        `${task.status}${task.stage === null ? '' : ` in stage ${task.stage}`}, in its old place`,
    );
    if (task.paused_at !== null) this.hint(`it stays parked; to bring it back: ${COMMAND} task unpark ${task.id}`);
    return task;
  }
}

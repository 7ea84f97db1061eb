import { Flags } from '@oclif/core';
import type { TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class TaskAnswer extends OrchestraCommand {
  static override summary = 'answer what a task has asked; it goes on in its old place';
  static override description =
    'Without --text and --file your editor ($VISUAL or $EDITOR) opens with the questions. The next run ' +
    'of the task is given questions and answer. A task that somebody parked, or whose scope is paused, ' +
    'goes on when that has ended too.';
  static override examples = [
    '<%= config.bin %> task answer 1207 --text "on main"',
    '<%= config.bin %> task answer 1207 --file answer.md',
    '<%= config.bin %> task answer 1207',
  ];
  static override args = { id: taskId };
  static override flags = {
    text: Flags.string({ description: 'the answer', exclusive: ['file'] }),
    file: Flags.string({ description: 'a file that holds the answer; - for standard input', helpValue: 'answer.md' }),
    ...deskFlags,
  };

  async run(): Promise<TaskView> {
    const { args, flags } = await this.parse(TaskAnswer);
    const { checkedId } = await import('../../checked-id.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { answerTask } = await import('../../answer-task.ts');
    const id = checkedId(args.id);
    const task = await atDesk(flags.direct, (desk) => answerTask(desk, id, flags));
    this.show(
      `task ${task.id} has its ` +
        `answer${task.paused_at === null ? (task.status === 'queued' ? ' and waits in its old place' : '') : ', and stays parked'}`,
    );
    if (task.paused_at !== null)
      this.hint(
        `it was parked for another reason (${task.pause_reason ?? 'none given'}); to let it go on: ` +
          `${COMMAND} task unpark ${task.id}`,
      );
    return task;
  }
}

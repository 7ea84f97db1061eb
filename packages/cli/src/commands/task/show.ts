import { Flags } from '@oclif/core';
import { STATUS_WORDS, type TaskView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { taskId } from '../../flags/task-id.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TaskShow extends OrchestraCommand {
  static override summary = 'one task: where it stands, who runs it, its payload and its result';
  static override description =
    '--follow shows what its run prints while it prints it, until the task has ended; Ctrl-C ends the ' +
    'following, not the task. With --json it is one line of JSON for each piece of output and each ' +
    'change, and the task as the last.';
  static override examples = ['<%= config.bin %> task show 1207', '<%= config.bin %> task show 1207 --follow'];
  static override args = { id: taskId };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on, and show what it prints' }),
    ...deskFlags,
  };

  async run(): Promise<TaskView | undefined> {
    const { args, flags } = await this.parse(TaskShow);
    const { checkedId } = await import('../../checked-id.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showTask } = await import('../../show/tasks.ts');
    const id = checkedId(args.id);
    if (flags.follow) return this.#follow(id, flags.direct);
    const task = await atDesk(flags.direct, (desk) => desk.task(id));
    this.show(showTask(task));
    return task;
  }

  async #follow(id: string, direct: boolean): Promise<undefined> {
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { followTask } = await import('../../follow-task.ts');
    const { showTask } = await import('../../show/tasks.ts');
    const { printableJson, visibleOutput } = await import('../../show/visible-text.ts');
    const { whileWanted } = await import('../../while-wanted.ts');
    const line = (told: object): void => {
      process.stdout.write(`${printableJson(told)}\n`);
    };
    await whileWanted((signal) =>
      atDesk(direct, async (desk) => {
        const task = await followTask(desk, id, signal, {
          onOutput: ({ text, runId, isNewRun, isGap }) => {
            if (this.jsonEnabled()) return line({ output: text, run_id: runId, gap: isGap });
            if (isNewRun) this.talk(`run ${runId}:`);
            if (isGap) this.talk('(some of what it printed was not kept)');
            process.stdout.write(visibleOutput(text));
          },
          onStatus: (now) =>
            this.hint(
              `task ${now.id} ${STATUS_WORDS[now.status]}${now.stage === null ? '' : ` in stage ${now.stage}`}`,
            ),
        });
        if (this.jsonEnabled()) line({ task });
        else this.show(`\n${showTask(task)}`);
      }),
    );
    return undefined;
  }
}

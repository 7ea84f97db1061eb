import { Flags } from '@oclif/core';
import type { QueueView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../flags/desk.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Queue extends OrchestraCommand {
  static override summary = 'how many tasks are where, and what the gates and the pauses hold back';
  static override description =
    '--watch keeps it up to date until Ctrl-C: on a terminal as a picture that is drawn over, elsewhere ' +
    'as a line for each change, with --json as a line of JSON for each.';
  static override examples = [
    '<%= config.bin %> queue',
    '<%= config.bin %> queue --watch',
    '<%= config.bin %> queue labels --by agent',
  ];
  static override flags = { watch: Flags.boolean({ char: 'w', description: 'keep it up to date' }), ...deskFlags };

  async run(): Promise<QueueView | undefined> {
    const { flags } = await this.parse(Queue);
    const { atDesk } = await import('../desk/at-desk.ts');
    const { showQueue } = await import('../show/queue.ts');
    if (flags.watch) {
      const { keepShowing } = await import('../keep-showing.ts');
      const { queueView } = await import('../show/status.ts');
      await keepShowing(queueView, { direct: flags.direct, json: this.jsonEnabled(), talk: (line) => this.talk(line) });
      return undefined;
    }
    const queue = await atDesk(flags.direct, (desk) => desk.queue());
    this.show(showQueue(queue));
    return queue;
  }
}

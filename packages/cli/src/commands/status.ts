import { Flags } from '@oclif/core';
import { deskFlags } from '../flags/desk.ts';
import { OrchestraCommand } from '../orchestra-command.ts';
import type { Status as Seen } from '../show/status.ts';

export default class Status extends OrchestraCommand {
  static override summary = 'what is paused, and how many tasks are where';
  static override description =
    '--watch keeps it up to date until Ctrl-C: on a terminal as a picture that is drawn over, elsewhere ' +
    'as a line for each change, with --json as a line of JSON for each.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --watch'];
  static override flags = { watch: Flags.boolean({ char: 'w', description: 'keep it up to date' }), ...deskFlags };

  async run(): Promise<Seen | undefined> {
    const { flags } = await this.parse(Status);
    const { statusView } = await import('../show/status.ts');
    if (flags.watch) {
      const { keepShowing } = await import('../keep-showing.ts');
      await keepShowing(statusView, {
        direct: flags.direct,
        json: this.jsonEnabled(),
        talk: (line) => this.talk(line),
      });
      return undefined;
    }
    const { atDesk } = await import('../desk/at-desk.ts');
    const status = await atDesk(flags.direct, (desk) => statusView.read(desk));
    this.show(statusView.picture(status));
    return status;
  }
}

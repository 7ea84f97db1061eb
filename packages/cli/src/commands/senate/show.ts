import { Args } from '@oclif/core';
import type { PausePage } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../flags/desk.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenateShow extends OrchestraCommand {
  static override summary = 'one pause: what ran when it began and how that ended, what it holds, what happened to it';
  static override examples = ['<%= config.bin %> senate show 42'];
  static override args = { id: Args.string({ description: 'of the pause', required: true, ignoreStdin: true }) };
  static override flags = deskFlags;

  async run(): Promise<PausePage> {
    const { args, flags } = await this.parse(SenateShow);
    const { checkedId } = await import('../../checked-id.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showPausePage } = await import('../../show/pause-page.ts');
    const id = checkedId(args.id);
    const page = await atDesk(flags.direct, (desk) => desk.pausePage(id));
    this.show(showPausePage(page));
    return page;
  }
}

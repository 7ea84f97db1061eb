import { Args } from '@oclif/core';
import type { PausePage } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../flags/desk.ts';
import { scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenateShow extends OrchestraCommand {
  static override summary = 'one pause: what ran when it began and how that ended, what it holds, what happened to it';
  static override description =
    'By its id, or by its scope: then the newest active pause of the scope, or the last one that has ended.';
  static override examples = [
    '<%= config.bin %> senate show 42',
    '<%= config.bin %> senate show agent skeptic',
    '<%= config.bin %> senate show --agent skeptic --quest q-7',
  ];
  static override args = {
    pause: Args.string({ description: 'the id of the pause, or the kind of its scope', ignoreStdin: true }),
    value: Args.string({ description: 'which one of that kind', ignoreStdin: true }),
  };
  static override flags = { ...scopeFlags, ...deskFlags };

  async run(): Promise<PausePage> {
    const { args, flags } = await this.parse(SenateShow);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { pauseNamed } = await import('../../pause-named.ts');
    const { showPausePage } = await import('../../show/pause-page.ts');
    const find = pauseNamed(args, flags);
    const page = await atDesk(flags.direct, async (desk) => desk.pausePage(await find(desk)));
    this.show(showPausePage(page));
    return page;
  }
}

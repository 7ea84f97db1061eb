import { Flags } from '@oclif/core';
import type { PausePreview, PauseReceipt } from '@orchestra/pause-core/contract';
import { direct } from '../../flags/direct.ts';
import { durationFlag } from '../../flags/duration.ts';
import { scopeArgs } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenatePause extends OrchestraCommand {
  static override summary = 'stop new work for one agent, skill, quest or actor, everywhere';
  static override description = 'What is running goes on to its normal end; what is waiting keeps its place. Without --ttl the pause lasts until somebody clears it.';
  static override examples = [
    '<%= config.bin %> senate pause agent skeptic --reason "runaway loop" --ttl 30m',
    '<%= config.bin %> senate pause quest q-7 --reason "wrong brief" --dry-run',
  ];
  static override args = scopeArgs;
  static override flags = {
    reason: Flags.string({ required: true, description: 'why, for everyone who meets this pause' }),
    ttl: durationFlag({ description: 'how long, for example 90s, 30m, 1h30m, 2d', exclusive: ['until-cleared'] }),
    'until-cleared': Flags.boolean({ description: 'until somebody clears it; the same as no --ttl, said aloud' }),
    'dry-run': Flags.boolean({ description: 'tell what the pause would hold, and change nothing' }),
    direct,
  };

  async run(): Promise<PauseReceipt | PausePreview> {
    const { args, flags } = await this.parse(SenatePause);
    const { pauseRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showPreview, showReceipt } = await import('../../show/receipt.ts');
    const request = checked(pauseRequest, { scope_kind: args.kind, scope_value: args.value, reason: flags.reason, ttl_seconds: flags.ttl });
    return atDesk(flags.direct, async (desk) => {
      if (flags['dry-run']) {
        const preview = await desk.previewPause(request);
        this.show(showPreview(preview));
        return preview;
      }
      const receipt = await desk.pause(request);
      this.show(showReceipt(receipt));
      return receipt;
    });
  }
}

import { Args } from '@oclif/core';
import type { NoticeTargetView } from '@orchestra/pause-core/contract';
import { servicesOnly } from '../../../flags/desk.ts';
import { OrchestraCommand } from '../../../orchestra-command.ts';

export default class SenateNoticesResume extends OrchestraCommand {
  static override summary = 'send to a target of notices again, at once';
  static override description =
    'To one that was switched off because it answered 410, or that is left alone for a while after failures.';
  static override args = { target: Args.string({ description: 'its name', required: true, ignoreStdin: true }) };
  static override flags = servicesOnly('the targets of notices are settings of pause-api');

  async run(): Promise<NoticeTargetView> {
    const { args, flags } = await this.parse(SenateNoticesResume);
    const { resumeNoticesRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../../checked.ts');
    const { atDesk } = await import('../../../desk/at-desk.ts');
    const { showNotices } = await import('../../../show/notices.ts');
    const request = checked(resumeNoticesRequest, args);
    const target = await atDesk(flags.direct, (desk) => desk.resumeNotices(request.target));
    this.show(showNotices([target]));
    return target;
  }
}

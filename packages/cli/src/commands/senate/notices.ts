import type { NoticeTargetView } from '@orchestra/pause-core/contract';
import { servicesOnly } from '../../flags/desk.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class SenateNotices extends OrchestraCommand {
  static override summary = 'how the sending of notices to chats and pagers stands, target by target';
  static override flags = servicesOnly('the targets of notices are settings of pause-api');

  async run(): Promise<{ targets: NoticeTargetView[] }> {
    const { flags } = await this.parse(SenateNotices);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showNotices } = await import('../../show/notices.ts');
    const targets = await atDesk(flags.direct, (desk) => desk.notices());
    this.show(showNotices(targets));
    for (const { name } of targets.filter(({ gone_at: gone }) => gone !== null))
      this.hint(`to send to ${name} again: ${COMMAND} senate notices resume ${name}`);
    return { targets };
  }
}

import { Args } from '@oclif/core';
import type { AlertView } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../../flags/desk.ts';
import { OrchestraCommand } from '../../../orchestra-command.ts';

export default class SenateAlertsAck extends OrchestraCommand {
  static override summary = 'acknowledge an alert: it counts toward no auto-pause from then on';
  static override args = { id: Args.string({ description: 'of the alert', required: true, ignoreStdin: true }) };
  static override flags = deskFlags;

  async run(): Promise<AlertView> {
    const { args, flags } = await this.parse(SenateAlertsAck);
    const { checkedId } = await import('../../../checked-id.ts');
    const { atDesk } = await import('../../../desk/at-desk.ts');
    const { showAlerts } = await import('../../../show/alerts.ts');
    const id = checkedId(args.id);
    const alert = await atDesk(flags.direct, (desk) => desk.ackAlert(id));
    this.show(showAlerts([alert]));
    return alert;
  }
}

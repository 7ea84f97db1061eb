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
    const { id } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../../checked.ts');
    const { atDesk } = await import('../../../desk/at-desk.ts');
    const { showAlerts } = await import('../../../show/alerts.ts');
    const request = checked(z.object({ id }), args);
    const alert = await atDesk(flags.direct, (desk) => desk.ackAlert(request.id));
    this.show(showAlerts([alert]));
    return alert;
  }
}

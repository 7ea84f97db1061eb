import { Flags } from '@oclif/core';
import type { AlertView } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../flags/desk.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenateAlerts extends OrchestraCommand {
  static override summary = 'alerts, newest first';
  static override examples = [
    '<%= config.bin %> senate alerts --unacknowledged',
    '<%= config.bin %> senate alerts ack 17',
  ];
  static override flags = {
    actor: Flags.string({ description: 'only those about this actor', helpValue: 'ID' }),
    severity: Flags.string({
      description: 'only those of this severity',
      options: ['low', 'medium', 'high', 'critical'],
    }),
    unacknowledged: Flags.boolean({ description: 'only those that nobody has acknowledged' }),
    limit,
    ...deskFlags,
  };

  async run(): Promise<{ alerts: AlertView[]; more: boolean }> {
    const { flags } = await this.parse(SenateAlerts);
    const { alertsQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showAlerts } = await import('../../show/alerts.ts');
    const filter = checked(alertsQuery, { ref_id: flags.actor, severity: flags.severity, limit: flags.limit });
    const { rows, more } = await atDesk(flags.direct, (desk) =>
      desk.alerts({ ...filter, ...(flags.unacknowledged && { unacknowledged: true }) }),
    );
    this.show(showAlerts(rows));
    if (more) this.hint(sayMore(flags.limit));
    return { alerts: rows, more };
  }
}

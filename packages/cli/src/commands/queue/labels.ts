import { Flags } from '@oclif/core';
import type { Labels } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { KINDS } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class QueueLabels extends OrchestraCommand {
  static override summary =
    'per agent, skill, quest or actor: queued, running, paused, failures and alerts of the last hour';
  static override examples = [
    '<%= config.bin %> queue labels --by agent',
    '<%= config.bin %> queue labels --by quest --contains spring',
  ];
  static override flags = {
    by: Flags.string({ description: 'of which kind', required: true, options: [...KINDS] }),
    contains: Flags.string({ description: 'only those that hold this text', helpValue: 'TEXT' }),
    limit,
    ...deskFlags,
  };

  async run(): Promise<Labels> {
    const { flags } = await this.parse(QueueLabels);
    const { labelsQuery } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showLabels } = await import('../../show/labels.ts');
    const filter = checked(labelsQuery, { by: flags.by, contains: flags.contains, limit: flags.limit });
    const answer = await atDesk(flags.direct, (desk) => desk.labels(filter));
    this.show(showLabels(flags.by, answer.labels));
    if (answer.more) this.hint(sayMore(flags.limit, '--contains shows those that hold a text'));
    return answer;
  }
}

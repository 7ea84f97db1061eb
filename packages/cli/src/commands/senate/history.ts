import { Flags } from '@oclif/core';
import type { HistoryEntry } from '@orchestra/pause-core/contract';
import { deskFlags } from '../../flags/desk.ts';
import { instantFlag } from '../../flags/instant.ts';
import { limit, sayMore } from '../../flags/limit.ts';
import { givenScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenateHistory extends OrchestraCommand {
  static override summary = 'who did what to which pause, alert, task, gate or token, and why; newest first';
  static override examples = [
    '<%= config.bin %> senate history --since 2h',
    '<%= config.bin %> senate history agent skeptic --by dana',
    '<%= config.bin %> senate history --action pause.cleared --json',
  ];
  static override args = scopeArgs;
  static override flags = {
    ...scopeFlags,
    by: Flags.string({ description: 'only what this person or machine did', helpValue: 'NAME' }),
    action: Flags.string({ description: 'only this, for example pause.created', helpValue: 'NAME' }),
    since: instantFlag({ description: 'not older: so long ago (2h), or an instant (2026-11-21T03:00:00Z)' }),
    until: instantFlag({ description: 'older than this' }),
    limit,
    ...deskFlags,
  };

  async run(): Promise<{ entries: HistoryEntry[]; more: boolean }> {
    const { args, flags } = await this.parse(SenateHistory);
    const scope = givenScope(args, 'senate history', flags);
    const { historyQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showHistory } = await import('../../show/history.ts');
    const filter = checked(historyQuery, {
      scope_kind: scope?.kind,
      scope_value: scope?.value,
      also: scope?.also === undefined ? undefined : JSON.stringify(scope.also),
      by: flags.by,
      action: flags.action,
      since: flags.since,
      until: flags.until,
      limit: flags.limit,
    });
    const { rows, more } = await atDesk(flags.direct, (desk) => desk.history(filter));
    this.show(showHistory(rows));
    if (more) this.hint(sayMore(flags.limit, '--until goes further back'));
    return { entries: rows, more };
  }
}

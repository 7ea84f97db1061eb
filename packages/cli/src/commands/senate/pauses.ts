import type { ActivePauseView } from '@orchestra/pause-core/contract';
import { wrongUsage } from '../../failure.ts';
import { direct } from '../../flags/direct.ts';
import { optionalScopeArgs } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenatePauses extends OrchestraCommand {
  static override summary = 'the active pauses: scope, who, since when, time left, what they hold';
  static override examples = ['<%= config.bin %> senate pauses', '<%= config.bin %> senate pauses agent skeptic --json'];
  static override args = optionalScopeArgs;
  static override flags = { direct };

  async run(): Promise<{ pauses: ActivePauseView[] }> {
    const { args: { kind, value }, flags } = await this.parse(SenatePauses);
    if (kind !== undefined && value === undefined) throw wrongUsage('KIND needs a VALUE: for example `orchestra senate pauses agent skeptic`');
    const { label, scopeKind } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showPauses } = await import('../../show/pauses.ts');
    const scope = kind === undefined ? undefined : checked(z.object({ scope_kind: scopeKind, scope_value: label }), { scope_kind: kind, scope_value: value });
    const pauses = await atDesk(flags.direct, (desk) => desk.pauses(scope));
    this.show(showPauses(pauses));
    return { pauses };
  }
}

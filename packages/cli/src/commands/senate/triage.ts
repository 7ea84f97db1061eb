import { Args, Flags } from '@oclif/core';
import type { TriageAnswer, TriageView } from '@orchestra/task-queue/contract';
import { wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { givenPause, onlyPauseOn } from '../../pause-to-change.ts';

interface Triaged {
  triage: TriageView;
  done?: TriageAnswer;
  cleared?: boolean;
}

export default class SenateTriage extends OrchestraCommand {
  static override summary = 'before a pause is ended: which groups of what it holds run, are cancelled or are parked';
  static override description =
    'Without --cancel and --park it shows the groups, and changes nothing. The pause holds on unless ' +
    '--clear is said; ' +
    'then the groups that are not named start in their old order.';
  static override examples = [
    '<%= config.bin %> senate triage agent skeptic',
    '<%= config.bin %> senate triage agent skeptic --cancel older --park 7d --dry-run',
    '<%= config.bin %> senate triage 42 --by quest --cancel q-7 --clear --reason "overtaken"',
  ];
  static override args = {
    pause: Args.string({ description: 'id of the pause, or the kind of its scope', ignoreStdin: true }),
    value: Args.string({ description: 'with a kind: which one', ignoreStdin: true }),
  };
  static override flags = {
    ...scopeFlags,
    by: Flags.string({
      description: 'age, failures since the pause began, or quest',
      options: ['age', 'failures', 'quest'],
      default: 'age',
    }),
    cancel: Flags.string({ description: 'cancel the tasks of this group', multiple: true, helpValue: 'GROUP' }),
    park: Flags.string({ description: 'park the tasks of this group', multiple: true, helpValue: 'GROUP' }),
    clear: Flags.boolean({ description: 'then end the pause' }),
    reason: Flags.string({ description: 'why, for the history' }),
    'dry-run': Flags.boolean({ description: 'tell how many tasks it would change, and change none' }),
    yes: Flags.boolean({ char: 'y', description: 'do not ask, however many it changes' }),
    ...deskFlags,
  };

  async run(): Promise<Triaged> {
    const { args, flags } = await this.parse(SenateTriage);
    const { cancel = [], park = [] } = flags;
    if (flags['dry-run'] && flags.clear) throw wrongUsage('--dry-run changes nothing, so it cannot --clear');
    const contract = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { carryOut, confirmTriage, requireGroups } = await import('../../triage-groups.ts');
    const { sayTriage, sayTriaged } = await import('../../show/triage.ts');
    const named = await givenPause(args, flags, 'senate triage');
    const { by } = checked(contract.triageQuery, { by: flags.by });
    return atDesk(flags.direct, async (desk): Promise<Triaged> => {
      const id = 'id' in named ? named.id : await onlyPauseOn(desk, named);
      const triage = await desk.triageView(id, by);
      const acts = cancel.length + park.length > 0;
      if (!acts && !flags.clear) {
        this.show(sayTriage(triage));
        return { triage };
      }
      requireGroups(triage, [...cancel, ...park]);
      const request = checked(contract.triageRequest, {
        id,
        by,
        at: triage.at,
        cancel,
        park,
        ...(flags.reason === undefined ? {} : { reason: flags.reason }),
      });
      if (flags['dry-run']) {
        const done = await desk.triage(request, { isDryRun: true });
        this.show(sayTriaged(done));
        return { triage, done };
      }
      if (acts && !flags.yes) await confirmTriage(triage, request, (text) => this.talk(text));
      const done = acts ? await carryOut(desk, request, (text) => this.talk(text)) : undefined;
      if (done !== undefined) this.show(sayTriaged(done));
      if (!flags.clear) return { triage, ...(done === undefined ? {} : { done }) };
      const { cleared } = await desk.unpause({ id, ...(flags.reason === undefined ? {} : { reason: flags.reason }) });
      this.show(`cleared pause ${id}`);
      return { triage, ...(done === undefined ? {} : { done }), cleared: cleared.length > 0 };
    });
  }
}

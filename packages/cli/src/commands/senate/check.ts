import type { PauseView, UnknownLabel } from '@orchestra/pause-core/contract';
import { EXIT, wrongUsage } from '../../failure.ts';
import { givenScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { deskFlags } from '../../flags/desk.ts';
import { toLabels } from '../../flags/labels.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

interface CheckAnswer {
  paused: boolean;
  reason: string | null;
  pause: PauseView | null;
  stale: boolean;
  unknown_labels?: UnknownLabel[] | null | undefined;
}

export default class SenateCheck extends OrchestraCommand {
  static override summary = 'is work with these labels paused? exit code 3 when it is, 0 when not';
  static override description = 'Work that carries all of these labels. With --fleet: is the whole fleet paused?';
  static override examples = [
    '<%= config.bin %> senate check agent skeptic',
    '<%= config.bin %> senate check --agent skeptic --skill debate || exit 0',
  ];
  static override args = scopeArgs;
  static override flags = { ...scopeFlags, ...deskFlags };

  async run(): Promise<CheckAnswer> {
    const { args, flags } = await this.parse(SenateCheck);
    const given = givenScope(args, 'senate check', flags);
    if (given === undefined)
      throw wrongUsage('say what to check: --agent, --skill, --quest or --actor, KIND VALUE, or --fleet');
    const { checkQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayPause } = await import('../../show/say-pause.ts');
    const { sayNotKnown } = await import('../../show/not-known.ts');
    const labels = checked(
      checkQuery,
      given.kind === 'fleet' ? {} : toLabels({ ...given.also, [given.kind]: given.value }),
    );
    const answer = await atDesk(flags.direct, (desk) => desk.check(labels));
    this.show(answer.pause === null ? 'not paused' : sayPause(answer.pause));
    for (const { near_labels: near, ...scope } of answer.unknown_labels ?? []) this.talk(sayNotKnown(scope, near));
    if (answer.stale) this.talk('the database could not be asked lately: this is what was last known');
    if (answer.paused) process.exitCode = EXIT.paused;
    return answer;
  }
}

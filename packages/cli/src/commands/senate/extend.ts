import { Args, Flags } from '@oclif/core';
import type { ExtendRequest, PauseView } from '@orchestra/pause-core/contract';
import { wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { checkThen, thenFlag } from '../../flags/then.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { givenPause, onlyPauseOn } from '../../pause-to-change.ts';
import { scopeFlags } from '../../flags/scope.ts';

export default class SenateExtend extends OrchestraCommand {
  static override summary = 'give an active pause another end, counted from now';
  static override description =
    'By its id, or by its scope where one pause alone is active there. The new end may also come sooner ' +
    'than the former one.';
  static override examples = [
    '<%= config.bin %> senate extend 42 --ttl 2h',
    '<%= config.bin %> senate extend --agent skeptic --quest q-7 --ttl 1h',
    '<%= config.bin %> senate extend agent skeptic --until-cleared --reason "waits for the fix"',
  ];
  static override args = {
    pause: Args.string({ description: 'id of the pause, or the kind of its scope', ignoreStdin: true }),
    value: Args.string({ description: 'with a kind: which one', ignoreStdin: true }),
  };
  static override flags = {
    ...scopeFlags,
    ttl: durationFlag({ description: 'how long from now', exclusive: ['until-cleared'] }),
    'until-cleared': Flags.boolean({ description: 'until somebody clears it' }),
    then: thenFlag('; as before unless given'),
    reason: Flags.string({ description: 'why, for the history' }),
    ...deskFlags,
  };

  async run(): Promise<PauseView> {
    const { args, flags } = await this.parse(SenateExtend);
    if (flags.ttl === undefined && !flags['until-cleared'])
      throw wrongUsage('say the new end: --ttl 30m, or --until-cleared');
    checkThen(flags);
    const { extendRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayScope, sayUntil } = await import('../../show/say-pause.ts');
    const { visibleText } = await import('../../show/visible-text.ts');
    const order = { ttl_seconds: flags.ttl ?? null, then: flags.then, reason: flags.reason };
    const named = await givenPause(args, flags, 'senate extend');
    const request = (id: string): ExtendRequest => checked(extendRequest, { id, ...order });
    if ('id' in named) request(named.id); // wrong usage is told before anything is asked
    const pause = await atDesk(flags.direct, async (desk) =>
      desk.extend(request('id' in named ? named.id : await onlyPauseOn(desk, named))),
    );
    this.show(
      `pause ${pause.id} on ${sayScope(pause)} now lasts ${sayUntil(pause)}, by ` +
        `${visibleText(pause.paused_by)}: ${visibleText(pause.reason)}`,
    );
    return pause;
  }
}

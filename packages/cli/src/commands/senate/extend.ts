import { Args, Flags } from '@oclif/core';
import type { ExtendRequest, PauseView } from '@orchestra/pause-core/contract';
import { CommandFailure, wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { durationFlag } from '../../flags/duration.ts';
import { checkThen, thenFlag } from '../../flags/then.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import type { Desk, ScopeFilter } from '../../desk/desk.ts';
import { givenScope, scopeFlags } from '../../flags/scope.ts';
import { COMMAND } from '../../command-name.ts';

export default class SenateExtend extends OrchestraCommand {
  static override summary = 'give an active pause another end, counted from now';
  static override description = 'By its id, or by its scope where one pause alone is active there. The new end may also come sooner than the former one.';
  static override examples = ['<%= config.bin %> senate extend 42 --ttl 2h', '<%= config.bin %> senate extend --agent skeptic --quest q-7 --ttl 1h', '<%= config.bin %> senate extend agent skeptic --until-cleared --reason "waits for the fix"'];
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
    if (flags.ttl === undefined && !flags['until-cleared']) throw wrongUsage('say the new end: --ttl 30m, or --until-cleared');
    checkThen(flags);
    const { extendRequest } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayScope, sayUntil } = await import('../../show/say-pause.ts');
    const { visibleText } = await import('../../show/visible-text.ts');
    const order = { ttl_seconds: flags.ttl ?? null, then: flags.then, reason: flags.reason };
    const id = args.value === undefined && args.pause !== undefined && /^\d+$/.test(args.pause) ? args.pause : undefined;
    const scope = await this.#scope(id, args, flags);
    const request = (pauseId: string): ExtendRequest => checked(extendRequest, { id: pauseId, ...order });
    if (id !== undefined) request(id); // wrong usage is told before anything is asked
    const pause = await atDesk(flags.direct, async (desk) => desk.extend(request(scope === undefined ? id ?? '' : await onlyPauseOn(desk, scope))));
    this.show(`pause ${pause.id} on ${sayScope(pause)} now lasts ${sayUntil(pause)}, by ${visibleText(pause.paused_by)}: ${visibleText(pause.reason)}`);
    return pause;
  }

  async #scope(id: string | undefined, { pause, value }: { pause?: string | undefined; value?: string | undefined }, flags: Parameters<typeof givenScope>[2]): Promise<ScopeFilter | undefined> {
    const given = givenScope({ kind: id === undefined ? pause : undefined, value }, 'senate extend', flags);
    if (id !== undefined && given !== undefined) throw wrongUsage('say either the id of the pause or its scope, not both');
    if (id !== undefined) return undefined;
    if (given === undefined) throw wrongUsage('say which pause: its id, KIND VALUE, or its labels');
    const { checkedScope } = await import('../../checked-scope.ts');
    return checkedScope(given);
  }
}

/** Of several, the person has to say which: a longer end for a machine's pause is seldom what was meant. */
async function onlyPauseOn(desk: Desk, scope: ScopeFilter): Promise<string> {
  const { isSameScope, scopeOf } = await import('@orchestra/pause-core/scope');
  const pauses = (await desk.pauses(scope)).filter((each) => isSameScope(scopeOf(each), scopeOf(scope)));
  const [pause] = pauses;
  const { sayScope, sayPause } = await import('../../show/say-pause.ts');
  if (pause === undefined) throw new CommandFailure('pause_not_active', `${sayScope(scope)} is not paused; to pause it: ${COMMAND} senate pause`);
  if (pauses.length > 1) throw wrongUsage(`${pauses.length} pauses are active on ${sayScope(scope)}; name one by its id:\n${pauses.map((each) => `  ${each.id}  ${sayPause(each)}`).join('\n')}`);
  return pause.id;
}

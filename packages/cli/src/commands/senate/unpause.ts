import { Flags } from '@oclif/core';
import type { UnpauseAnswer } from '@orchestra/pause-core/contract';
import { EXIT, wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { givenScope, neededScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenateUnpause extends OrchestraCommand {
  static override summary = 'end what is paused on one scope, or one pause by its id';
  static override description = 'Exactly this scope: a pause that names other labels as well stays.';
  static override examples = [
    '<%= config.bin %> senate unpause agent skeptic',
    '<%= config.bin %> senate unpause --agent skeptic --quest q-7',
    '<%= config.bin %> senate unpause --fleet',
    '<%= config.bin %> senate unpause --id 42 --reason "false alarm"',
  ];
  static override args = scopeArgs;
  static override flags = {
    ...scopeFlags,
    id: Flags.string({ description: 'end this pause only', helpValue: '42' }),
    reason: Flags.string({ description: 'why, for the history' }),
    ...deskFlags,
  };

  async run(): Promise<UnpauseAnswer> {
    const { args, flags } = await this.parse(SenateUnpause);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayPause, sayScope } = await import('../../show/say-pause.ts');
    const { sayNotKnown } = await import('../../show/not-known.ts');
    const request = await this.#request(args, flags);
    const answer = await atDesk(flags.direct, (desk) => desk.unpause(request));
    if (answer.cleared.length === 0 && 'scope_kind' in request) {
      this.show(`${sayScope(request)} was not paused; nothing to clear`);
      process.exitCode = EXIT.failed; // a mistyped name must not pass for a success
    }
    if (answer.label_known === false && 'scope_kind' in request)
      this.show(sayNotKnown(request, answer.near_labels, undefined, answer.unknown_kind));
    for (const pause of answer.cleared) this.show(`cleared pause ${pause.id} on ${sayScope(pause)}`);
    for (const pause of answer.still_paused) this.show(`still: ${sayPause(pause)}`);
    return answer;
  }

  async #request(args: { kind?: string | undefined; value?: string | undefined }, { id, reason, ...labels }: Flagged) {
    const contract = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const why = { reason: contract.reason.optional() };
    if (id === undefined) {
      const { kind, value, also } = neededScope(args, 'senate unpause', 'unpause', labels);
      return checked(z.object({ ...contract.scopeFields, ...why }).superRefine(contract.properScope), {
        scope_kind: kind,
        scope_value: value,
        also,
        reason,
      });
    }
    if (givenScope(args, 'senate unpause', labels) !== undefined)
      throw wrongUsage('say either KIND VALUE or --id, not both');
    return checked(z.object({ id: contract.id, ...why }), { id, reason });
  }
}

type Flagged = NonNullable<Parameters<typeof givenScope>[2]> & { id?: string | undefined; reason?: string | undefined };

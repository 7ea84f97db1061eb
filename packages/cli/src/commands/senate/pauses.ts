import { Flags } from '@oclif/core';
import type { ActivePauseView, VerifyAnswer } from '@orchestra/pause-core/contract';
import { EXIT, wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { instantFlag } from '../../flags/instant.ts';
import { givenScope, optionalScopeArgs } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenatePauses extends OrchestraCommand {
  static override summary = 'the active pauses: scope, who, since when, time left, what they hold';
  static override description = '--verify looks at every claim since then instead, by what that claim itself could see: did anything start while it was paused? Exit code 5 when something did, 6 when claims cannot be judged, 0 when nothing did.';
  static override examples = ['<%= config.bin %> senate pauses', '<%= config.bin %> senate pauses agent skeptic --json', '<%= config.bin %> senate pauses --watch', '<%= config.bin %> senate pauses --verify --since 1d'];
  static override args = optionalScopeArgs;
  static override flags = {
    watch: Flags.boolean({ char: 'w', description: 'keep them up to date until Ctrl-C', exclusive: ['verify'] }),
    verify: Flags.boolean({ description: 'did anything start while it was paused?' }),
    since: instantFlag({ description: 'with --verify: since when; the last hour unless given', dependsOn: ['verify'] }),
    limit: Flags.integer({ description: 'with --verify: how many claims to look at, the newest ones; 10000 unless given', min: 1, max: 100_000, dependsOn: ['verify'] }),
    ...deskFlags,
  };

  async run(): Promise<{ pauses: ActivePauseView[] } | VerifyAnswer | undefined> {
    const { args, flags } = await this.parse(SenatePauses);
    if (flags.verify && args.kind !== undefined) throw wrongUsage('--verify looks at all pauses; leave KIND and VALUE out');
    const given = givenScope(args, 'senate pauses');
    if (flags.verify) return this.#verify(flags);
    const { label, scopeKind } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { pausesView } = await import('../../show/status.ts');
    const scope = given && checked(z.object({ scope_kind: scopeKind, scope_value: label }), { scope_kind: given.kind, scope_value: given.value });
    const view = pausesView(scope);
    if (flags.watch) {
      const { keepShowing } = await import('../../keep-showing.ts');
      await keepShowing(view, { direct: flags.direct, json: this.jsonEnabled(), talk: (line) => this.talk(line) });
      return undefined;
    }
    const answer = await atDesk(flags.direct, (desk) => view.read(desk));
    this.show(view.picture(answer));
    return answer;
  }

  async #verify({ direct, since, limit }: { direct: boolean; since: string | undefined; limit: number | undefined }): Promise<VerifyAnswer> {
    const { verifyQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showVerified } = await import('../../show/verified.ts');
    const query = checked(verifyQuery, { since, limit });
    const answer = await atDesk(direct, (desk) => desk.verify(query));
    this.show(showVerified(answer));
    if (answer.violations.length > 0 || answer.attached.some(({ violations }) => violations.length > 0)) process.exitCode = EXIT.violated;
    else if (answer.claims_unknown > 0) process.exitCode = EXIT.unjudged;
    return answer;
  }
}

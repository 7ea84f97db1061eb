import { Flags } from '@oclif/core';
import type { ActivePauseView, VerifyAnswer } from '@orchestra/pause-core/contract';
import { EXIT, wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { instantFlag } from '../../flags/instant.ts';
import { givenScope, scopeArgs, scopeFlags } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class SenatePauses extends OrchestraCommand {
  static override summary = 'the active pauses: scope, who, since when, time left, what they hold';
  static override description =
    'With a scope: those that name these labels, and perhaps others as well. --verify looks at every ' +
    'claim since then instead, by what that claim itself could see: did anything start while it was ' +
    'paused? Exit code 5 when something did, 6 when claims cannot be judged, 0 when nothing did.';
  static override examples = [
    '<%= config.bin %> senate pauses',
    '<%= config.bin %> senate pauses agent skeptic --json',
    '<%= config.bin %> senate pauses --watch',
    '<%= config.bin %> senate pauses --verify --since 1d',
  ];
  static override args = scopeArgs;
  static override flags = {
    ...scopeFlags,
    watch: Flags.boolean({ char: 'w', description: 'keep them up to date until Ctrl-C', exclusive: ['verify'] }),
    verify: Flags.boolean({ description: 'did anything start while it was paused?' }),
    since: instantFlag({ description: 'with --verify: since when; the last hour unless given', dependsOn: ['verify'] }),
    limit: Flags.integer({
      description: 'with --verify: how many claims to look at, the newest ones; 10000 unless given',
      min: 1,
      max: 100_000,
      dependsOn: ['verify'],
    }),
    ...deskFlags,
  };

  async run(): Promise<{ pauses: ActivePauseView[] } | VerifyAnswer | undefined> {
    const { args, flags } = await this.parse(SenatePauses);
    const given = givenScope(args, 'senate pauses', flags);
    if (flags.verify && given !== undefined) throw wrongUsage('--verify looks at all pauses; leave KIND and VALUE out');
    if (flags.verify) return this.#verify(flags);
    const { checkedScope } = await import('../../checked-scope.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { pausesView } = await import('../../show/status.ts');
    const scope = given && checkedScope(given);
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

  async #verify({
    direct,
    since,
    limit,
  }: {
    direct: boolean;
    since: string | undefined;
    limit: number | undefined;
  }): Promise<VerifyAnswer> {
    const { verifyQuery } = await import('@orchestra/pause-core/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showVerified } = await import('../../show/verified.ts');
    const query = checked(verifyQuery, { since, limit });
    const answer = await atDesk(direct, (desk) => desk.verify(query));
    this.show(showVerified(answer));
    if (answer.violations.length > 0 || answer.attached.some(({ violations }) => violations.length > 0))
      process.exitCode = EXIT.violated;
    else if (answer.claims_unknown > 0) process.exitCode = EXIT.unjudged;
    return answer;
  }
}

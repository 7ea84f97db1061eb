import { Args } from '@oclif/core';
import type { RepoGateView } from '@orchestra/task-queue/contract';
import { wrongUsage } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { repoArg } from '../../flags/repo.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class GateLimit extends OrchestraCommand {
  static override summary = 'how many tasks of a repo may be in progress at a time; 1 unless set';
  static override description =
    'They start in their order all the same. Where more are at work already, none is stopped.';
  static override examples = ['<%= config.bin %> gate limit github.com/acme/shop 3'];
  static override args = {
    repo: repoArg,
    max: Args.string({ description: 'so many at a time, 1 to 1000', required: true, ignoreStdin: true }),
  };
  static override flags = deskFlags;

  async run(): Promise<RepoGateView> {
    const { args, flags } = await this.parse(GateLimit);
    const { limitRepoRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showGate } = await import('../../show/gates.ts');
    if (!/^[0-9]{1,9}$/.test(args.max))
      throw wrongUsage(`MAX must be a whole number from 1 to 1000, not "${args.max}"`);
    const request = checked(limitRepoRequest, { repo: args.repo, max_in_progress: Number(args.max) });
    const gate = await atDesk(flags.direct, (desk) => desk.limitRepo(request));
    this.show(showGate(gate));
    return gate;
  }
}

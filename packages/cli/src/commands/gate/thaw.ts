import type { RepoGateView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { repoArg } from '../../flags/repo.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class GateThaw extends OrchestraCommand {
  static override summary = 'open the frozen gate of a repo';
  static override args = { repo: repoArg };
  static override flags = deskFlags;

  async run(): Promise<RepoGateView> {
    const { args, flags } = await this.parse(GateThaw);
    const { thawRepoRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showGate } = await import('../../show/gates.ts');
    const request = checked(thawRepoRequest, args);
    const gate = await atDesk(flags.direct, (desk) => desk.thawRepo(request));
    this.show(showGate(gate));
    return gate;
  }
}

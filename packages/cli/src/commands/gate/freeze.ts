import { Flags } from '@oclif/core';
import type { RepoGateView } from '@orchestra/task-queue/contract';
import { deskFlags } from '../../flags/desk.ts';
import { repoArg } from '../../flags/repo.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class GateFreeze extends OrchestraCommand {
  static override summary = 'close the serial gate of a repo: none of its tasks starts until it is thawed';
  static override description =
    'What is running goes on to its end; what waits keeps its place. A gate that is frozen already keeps ' +
    'its first reason. A repo that nothing has named yet is refused, because it may be a slip of the ' +
    'pen; --new freezes it all the same.';
  static override examples = ['<%= config.bin %> gate freeze github.com/acme/shop --reason "main is broken"'];
  static override args = { repo: repoArg };
  static override flags = {
    reason: Flags.string({ required: true, description: 'why, for everyone who meets this gate' }),
    new: Flags.boolean({ description: 'also a repo that no task has named yet' }),
    ...deskFlags,
  };

  async run(): Promise<RepoGateView> {
    const { args, flags } = await this.parse(GateFreeze);
    const { freezeRepoRequest } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { showGate } = await import('../../show/gates.ts');
    const request = checked(freezeRepoRequest, { repo: args.repo, reason: flags.reason, new: flags.new });
    const gate = await atDesk(flags.direct, (desk) => desk.freezeRepo(request));
    this.show(showGate(gate));
    if (!gate.gated) this.hint('the serial gate is switched off for this repo: its tasks start all the same');
    return gate;
  }
}

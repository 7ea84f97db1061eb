import type { RepoGateView } from '@orchestra/task-queue/contract';
import { CommandFailure } from '../../failure.ts';
import { deskFlags } from '../../flags/desk.ts';
import { optionalRepoArg } from '../../flags/repo.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class GateShow extends OrchestraCommand {
  static override summary = 'the serial gates: what is in progress, first in line, parked and why, frozen or not';
  static override examples = ['<%= config.bin %> gate show', '<%= config.bin %> gate show github.com/acme/shop'];
  static override args = { repo: optionalRepoArg };
  static override flags = deskFlags;

  async run(): Promise<{ repos: RepoGateView[]; more: boolean }> {
    const {
      args: { repo },
      flags,
    } = await this.parse(GateShow);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { sayNothingAt, showGate, showGates } = await import('../../show/gates.ts');
    const { serial_gate: gates } = await atDesk(flags.direct, (desk) => desk.queue());
    if (repo === undefined) {
      this.show(showGates(gates));
      return { repos: gates.repos, more: gates.more };
    }
    const found = gates.repos.filter((gate) => gate.repo === repo);
    // Only the first so many are told of: that this one is not among them says nothing then.
    if (found.length === 0 && gates.more)
      throw new CommandFailure(
        'too_many_repos',
        `the queue tells of ${gates.repos.length} repos at most, and ${repo} is not among them; see its ` +
          `tasks with \`orchestra task list --repo\``,
      );
    this.show(found.length === 0 ? sayNothingAt(repo) : found.map(showGate).join('\n'));
    return { repos: found, more: false };
  }
}

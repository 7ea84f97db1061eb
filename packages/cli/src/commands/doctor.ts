import { Flags } from '@oclif/core';
import type { Finding } from '../doctor/finding.ts';
import { EXIT } from '../failure.ts';
import { deskFlags } from '../flags/desk.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Doctor extends OrchestraCommand {
  static override summary = 'check services, database, clocks, token and notifications, and test the brake';
  static override description =
    'The brake is proved with an agent that nobody else has: it is paused, a task is added and a claim ' +
    'of it refused, the pause is cleared, the claim granted, the task ended. All of that is put right ' +
    'also at Ctrl-C, and stays in the history. Exit code 0 when nothing has failed, else 1; what could ' +
    'not be looked at (–) and warnings (!) are no failures.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor --json',
    '<%= config.bin %> doctor --direct',
  ];
  static override flags = {
    brake: Flags.boolean({
      description: 'prove the brake; --no-brake only looks, and changes nothing',
      default: true,
      allowNo: true,
    }),
    ...deskFlags,
  };

  async run(): Promise<{ well: boolean; findings: Finding[] }> {
    const { flags } = await this.parse(Doctor);
    const { runDoctor } = await import('../doctor/run-doctor.ts');
    const { showFinding } = await import('../show/findings.ts');
    const { whileWanted } = await import('../while-wanted.ts');
    const findings: Finding[] = [];
    const endedBy = await whileWanted(async (signal) => {
      try {
        await runDoctor({
          direct: flags.direct,
          brake: flags.brake,
          signal,
          onFinding: (finding) => {
            findings.push(finding);
            this.show(showFinding(finding));
          },
        });
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    });
    const well = findings.every(({ outcome }) => outcome !== 'failed');
    if (endedBy !== 'itself') this.hint('stopped; what the proof had made is put right');
    process.exitCode = endedBy === 'request' ? EXIT.interrupted : well ? EXIT.done : EXIT.failed;
    return { well: well && endedBy === 'itself', findings };
  }
}

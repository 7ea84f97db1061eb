import { Args, Flags } from '@oclif/core';
import type { Finding } from '@orchestra/attach';
import { EXIT } from '../../failure.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

const MARKS: Readonly<Record<Finding['verdict'], string>> = { well: '✓', weaker: '!', broken: '✗' };

export default class AttachCheck extends OrchestraCommand {
  static override summary =
    'is all of an attachment still there, and whom does it bind? exit code 1 when something is broken';
  static override description =
    'With --worker-url it tries the brake through a worker’s own connection: it makes a job and claims ' +
    'it under a pause, in one transaction that is rolled back. That may not get the job.';
  static override flags = {
    'worker-url': Flags.string({
      description: 'how the team’s workers connect; better in ORCHESTRA_WORKER_URL, as it may hold a password',
      helpValue: 'URL',
      env: 'ORCHESTRA_WORKER_URL',
    }),
  };
  static override args = { name: Args.string({ description: 'of the attachment', required: true, ignoreStdin: true }) };

  async run(): Promise<{ name: string; findings: Finding[] }> {
    const { args, flags } = await this.parse(AttachCheck);
    const { checkAnywhere, tryCanary } = await import('@orchestra/attach');
    const { atDatabase, atGivenDatabase } = await import('../../desk/open-database.ts');
    const findings = await atDatabase(async (db) => {
      const looked = await checkAnywhere(db, args.name);
      const workerUrl = flags['worker-url'];
      if (workerUrl === undefined) return looked;
      return [
        ...looked,
        ...(await atGivenDatabase(workerUrl, (worker) => tryCanary(db, worker, args.name), 'as given')),
      ];
    });
    this.show(findings.map(({ what, verdict, words }) => `${MARKS[verdict]} ${what}: ${words}`).join('\n'));
    if (findings.some(({ verdict }) => verdict === 'broken')) process.exitCode = EXIT.failed;
    return { name: args.name, findings };
  }
}

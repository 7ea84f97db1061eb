import { Args } from '@oclif/core';
import type { Finding } from '@orchestra/attach';
import { EXIT } from '../../failure.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

const MARKS: Readonly<Record<Finding['verdict'], string>> = { well: '✓', weaker: '!', broken: '✗' };

export default class AttachCheck extends OrchestraCommand {
  static override summary = 'is all of an attachment still there, and whom does it bind? exit code 1 when something is broken';
  static override args = { name: Args.string({ description: 'of the attachment', required: true, ignoreStdin: true }) };

  async run(): Promise<{ name: string; findings: Finding[] }> {
    const { args } = await this.parse(AttachCheck);
    const { checkAttachment } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const findings = await atDatabase((db) => checkAttachment(db, args.name));
    this.show(findings.map(({ what, verdict, words }) => `${MARKS[verdict]} ${what}: ${words}`).join('\n'));
    if (findings.some(({ verdict }) => verdict === 'broken')) process.exitCode = EXIT.failed;
    return { name: args.name, findings };
  }
}

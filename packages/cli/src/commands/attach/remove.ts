import { Args } from '@oclif/core';
import { dryRun, type AttachAnswer } from '../../attach/attach-command.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class AttachRemove extends OrchestraCommand {
  static override summary = 'take an attachment away; the queue\'s tables are as they were before';
  static override description = 'Jobs that a pause covers are claimed again from then on.';
  static override args = { name: Args.string({ description: 'of the attachment', required: true, ignoreStdin: true }) };
  static override flags = { 'dry-run': dryRun };

  async run(): Promise<AttachAnswer> {
    const { args: { name }, flags } = await this.parse(AttachRemove);
    const { planRemove, removeAttachment, saySteps } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const isDry = flags['dry-run'];
    const steps = await atDatabase((db) => isDry ? planRemove(db, name) : removeAttachment(db, name, (words) => this.talk(words)));
    this.show(isDry ? saySteps(steps) : `removed ${name}: pauses hold nothing there any more`);
    return { name, dry_run: isDry, statements: steps.map(({ sql }) => sql), notes: [] };
  }
}

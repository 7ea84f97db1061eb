import { Args, Flags } from '@oclif/core';
import type { Step } from '@orchestra/attach';
import type { Database } from '@orchestra/database';
import { dryRun, type AttachAnswer } from '../../attach/attach-command.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class AttachRemove extends OrchestraCommand {
  static override summary = "take an attachment away; the queue's tables are as they were before";
  static override description = 'Jobs that a pause covers are claimed again from then on.';
  static override args = { name: Args.string({ description: 'of the attachment', required: true, ignoreStdin: true }) };
  static override flags = {
    'dry-run': dryRun,
    url: Flags.string({
      description:
        'for a queue in another database: that database, under a role with the rights of its owner; unless ' +
        'given, as the services connect',
      helpValue: 'URL',
      env: 'ORCHESTRA_ATTACH_URL',
    }),
    forget: Flags.boolean({
      description: 'for a queue in another database that is gone for good: only forget it here',
      exclusive: ['dry-run', 'url'],
    }),
  };

  async run(): Promise<AttachAnswer> {
    const {
      args: { name },
      flags,
    } = await this.parse(AttachRemove);
    const { saySteps } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const isDry = flags['dry-run'];
    const steps = await atDatabase((db) => this.#remove(db, name, flags));
    this.show(isDry ? saySteps(steps) : `removed ${name}: pauses hold nothing there any more`);
    return { name, dry_run: isDry, statements: steps.map(({ sql }) => sql), notes: [] };
  }

  async #remove(
    db: Database,
    name: string,
    { 'dry-run': isDry, url, forget }: { 'dry-run': boolean; url?: string | undefined; forget: boolean },
  ): Promise<Step[]> {
    const {
      findElsewhere,
      forgetElsewhere,
      listAttachments,
      PATIENT,
      planRemove,
      planRemoveElsewhere,
      removeAttachment,
      removeElsewhere,
    } = await import('@orchestra/attach');
    const { atOtherDatabase } = await import('@orchestra/pause-core');
    const { atDatabaseOf } = await import('../../attach/other-database.ts');
    const { CommandFailure, wrongUsage } = await import('../../failure.ts');
    const elsewhere = await findElsewhere(db, name);
    const onWait = (words: string): void => this.talk(words);
    if (forget) {
      if (elsewhere === undefined)
        throw new CommandFailure(
          'not_attached',
          `${name} is not attached in another database, and there is nothing to forget`,
        );
      await forgetElsewhere(db, name);
      this.hint(
        'what was copied to that database holds there until its own end; `orchestra attach remove NAME --url ' +
          'URL` takes it away',
      );
      return [];
    }
    if (url !== undefined && (await listAttachments(db)).some((one) => one.name === name))
      throw wrongUsage(`${name} is attached in Orchestra’s own database: leave --url out (and ORCHESTRA_ATTACH_URL)`);
    const work = (there: Database): Promise<Step[]> =>
      isDry ? planRemoveElsewhere(db, there, name) : removeElsewhere(db, there, name, onWait);
    if (url !== undefined) return atDatabaseOf(url, name, work);
    if (elsewhere !== undefined) return atOtherDatabase(elsewhere.place, work, PATIENT);
    return isDry ? planRemove(db, name) : removeAttachment(db, name, onWait);
  }
}

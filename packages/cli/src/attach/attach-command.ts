import { Flags } from '@oclif/core';
import type { QueueDescription } from '@orchestra/attach';
import { COMMAND } from '../command-name.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

/** What an attach or a remove answers. */
export interface AttachAnswer {
  name: string;
  dry_run: boolean;
  statements: string[];
  notes: string[];
}

export const dryRun = Flags.boolean({ description: 'print the SQL and change nothing' });
export const nameFlag = Flags.string({
  description: 'how the attachment is called; unless given, as the engine',
  helpValue: 'NAME',
});

/** What every attach may change, and where. */
export const attachFlags = {
  'dry-run': dryRun,
  url: Flags.string({
    description:
      'the database that the queue is in, where it is not Orchestra’s own; better in ORCHESTRA_ATTACH_URL, ' +
      'as it may hold a password, which is not kept',
    helpValue: 'URL',
    env: 'ORCHESTRA_ATTACH_URL',
  }),
  'serve-as': Flags.string({
    description: 'with --url: the role that Orchestra’s services connect as there; unless given, that of the address',
    helpValue: 'ROLE',
    dependsOn: ['url'],
  }),
};

export interface GivenAttachFlags {
  'dry-run': boolean;
  url?: string | undefined;
  'serve-as'?: string | undefined;
}

/** What the commands that attach share. */
export abstract class AttachCommand extends OrchestraCommand {
  protected async attach(
    name: string,
    queue: QueueDescription,
    { 'dry-run': isDry, url, 'serve-as': serveAs }: GivenAttachFlags,
  ): Promise<AttachAnswer> {
    const { attach, attachElsewhere, planAttach, planAttachElsewhere, saySteps } = await import('@orchestra/attach');
    const { atDatabase } = await import('../desk/open-database.ts');
    const { atDatabaseOf } = await import('./other-database.ts');
    const onWait = (words: string): void => this.talk(words);
    const { steps, notes } = await atDatabase((db) =>
      url === undefined
        ? isDry
          ? planAttach(db, name, queue)
          : attach(db, name, queue, onWait)
        : atDatabaseOf(url, name, (there) =>
            isDry
              ? planAttachElsewhere(db, there, { name, queue, url, serveAs })
              : attachElsewhere(db, there, { name, queue, url, serveAs }, onWait),
          ),
    );
    if (isDry) this.show(saySteps(steps));
    else {
      this.show(`attached ${name}: claims on ${queue.schema}.${queue.table} read the pauses from now on`);
      this.hint(
        `look at it with \`${COMMAND} attach check ${name}\`; take it away with \`${COMMAND} attach remove ${name}\``,
      );
    }
    for (const note of notes) this.hint(`note: ${note}`);
    return { name, dry_run: isDry, statements: steps.map(({ sql }) => sql), notes };
  }
}

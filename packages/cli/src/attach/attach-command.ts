import { Flags } from '@oclif/core';
import type { QueueDescription } from '@orchestra/attach';
import { COMMAND } from '../command-name.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

/** What an attach or a remove answers. */
export interface AttachAnswer { name: string; dry_run: boolean; statements: string[]; notes: string[] }

export const dryRun = Flags.boolean({ description: 'print the SQL and change nothing' });
export const nameFlag = Flags.string({ description: 'how the attachment is called; unless given, as the engine', helpValue: 'NAME' });

/** What the three commands that attach share. */
export abstract class AttachCommand extends OrchestraCommand {
  protected async attach(name: string, queue: QueueDescription, isDry: boolean): Promise<AttachAnswer> {
    const { attach, planAttach, saySteps } = await import('@orchestra/attach');
    const { atDatabase } = await import('../desk/open-database.ts');
    const { steps, notes } = await atDatabase((db) => isDry ? planAttach(db, name, queue) : attach(db, name, queue, (words) => this.talk(words)));
    if (isDry) this.show(saySteps(steps));
    else {
      this.show(`attached ${name}: claims on ${queue.schema}.${queue.table} read the pauses from now on`);
      this.hint(`look at it with \`${COMMAND} attach check ${name}\`; take it away with \`${COMMAND} attach remove ${name}\``);
    }
    for (const note of notes) this.hint(`note: ${note}`);
    return { name, dry_run: isDry, statements: steps.map(({ sql }) => sql), notes };
  }
}

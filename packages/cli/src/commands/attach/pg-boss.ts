import { manualPage } from '@orchestra/service-shell/manual';
import { Flags } from '@oclif/core';
import { AttachCommand, attachFlags, nameFlag, type AttachAnswer } from '../../attach/attach-command.ts';

export default class AttachPgBoss extends AttachCommand {
  static override summary = 'put the brake into the claims of pg-boss in this database, or with --url in another';
  static override description =
    'Works on the database itself, once with the rights of the owner of its tables. ' +
    'The labels of a job are the keys agent_id, skill, quest_id and actor_id of its ' +
    `data, and the name of its queue is a skill too. ${manualPage('attach.md')} says ` +
    'what is held and what is not.';
  static override flags = {
    schema: Flags.string({ description: 'where its tables are', default: 'pgboss', helpValue: 'SCHEMA' }),
    name: nameFlag,
    ...attachFlags,
  };

  async run(): Promise<AttachAnswer> {
    const { flags } = await this.parse(AttachPgBoss);
    const { pgBoss } = await import('@orchestra/attach');
    return this.attach(flags.name ?? 'pg-boss', pgBoss(flags.schema), flags);
  }
}

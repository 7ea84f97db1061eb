import { manualPage } from '@orchestra/service-shell/manual';
import { Flags } from '@oclif/core';
import { AttachCommand, attachFlags, nameFlag, type AttachAnswer } from '../../attach/attach-command.ts';

export default class AttachDbos extends AttachCommand {
  static override summary = 'put the brake into the claims of DBOS in this database, or with --url in another';
  static override description =
    'Works on the database itself, once with the rights of the owner of its tables. ' +
    'The labels of a workflow are the keys agent_id, skill, quest_id and actor_id of ' +
    'its attributes; its name and its queue are skills too, and its authenticated user ' +
    `is an actor. ${manualPage('attach.md')} says what is held and what is not.`;
  static override flags = {
    schema: Flags.string({ description: 'where its tables are', default: 'dbos', helpValue: 'SCHEMA' }),
    name: nameFlag,
    ...attachFlags,
  };

  async run(): Promise<AttachAnswer> {
    const { flags } = await this.parse(AttachDbos);
    const { dbos } = await import('@orchestra/attach');
    return this.attach(flags.name ?? 'dbos', dbos(flags.schema), flags);
  }
}

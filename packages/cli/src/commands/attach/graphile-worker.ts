import { manualPage } from '@orchestra/service-shell/manual';
import { Flags } from '@oclif/core';
import { AttachCommand, attachFlags, nameFlag, type AttachAnswer } from '../../attach/attach-command.ts';

export default class AttachGraphileWorker extends AttachCommand {
  static override summary =
    'put the brake into the claims of graphile-worker in this database, or with --url in another';
  static override description =
    'Works on the database itself, once with the rights of the owner of its tables. ' +
    'The labels of a job are the keys agent_id, skill, quest_id and actor_id of its ' +
    `payload, and the name of its task is a skill too. ${manualPage('attach.md')} says ` +
    'what is held and what is not.';
  static override flags = {
    schema: Flags.string({ description: 'where its tables are', default: 'graphile_worker', helpValue: 'SCHEMA' }),
    name: nameFlag,
    ...attachFlags,
  };

  async run(): Promise<AttachAnswer> {
    const { flags } = await this.parse(AttachGraphileWorker);
    const { graphileWorker } = await import('@orchestra/attach');
    return this.attach(flags.name ?? 'graphile-worker', graphileWorker(flags.schema), flags);
  }
}

import { Flags } from '@oclif/core';
import { AttachCommand, attachFlags, type AttachAnswer } from '../attach/attach-command.ts';

const place = (kind: string) =>
  Flags.string({
    description: `where the ${kind} of a job is: a column, or COLUMN.KEY of a JSON column`,
    helpValue: 'COLUMN[.KEY]',
  });

export default class Attach extends AttachCommand {
  static override summary =
    'put the brake into the claims of any queue in a table of this database, or with --url of another';
  static override description =
    'For a queue whose claim is SELECT … FOR UPDATE and an UPDATE that makes a waiting row a running ' +
    'one. Works on the database itself, once with the rights of the owner of the table.';
  static override examples = [
    '<%= config.bin %> attach --table app.jobs --waiting status=queued,retry --running status=running ' +
      '--agent payload.agent_id --skill kind --name jobs',
  ];
  static override flags = {
    table: Flags.string({ description: 'the table of the jobs', required: true, helpValue: '[SCHEMA.]TABLE' }),
    waiting: Flags.string({
      description: 'how a job is that waits: "status=queued,retry" or "locked_at is null"',
      required: true,
      helpValue: 'CONDITION',
    }),
    running: Flags.string({
      description: 'how a job is that a worker has, in the same form',
      required: true,
      helpValue: 'CONDITION',
    }),
    agent: place('agent'),
    skill: place('skill'),
    quest: place('quest'),
    actor: place('actor'),
    id: Flags.string({ description: 'the column that tells jobs apart', default: 'id', helpValue: 'COLUMN' }),
    'claim-text': Flags.string({
      description:
        'words that every claim contains, as the worker sends it, for example "skip locked": other ' +
        'statements may then change covered jobs that wait',
      helpValue: 'WORDS',
    }),
    wake: Flags.string({ description: 'the channel to notify when a pause has ended', helpValue: 'CHANNEL' }),
    'claimed-at': Flags.string({
      description: 'the column that tells when a job was claimed last, for `senate pauses --verify`',
      helpValue: 'COLUMN',
    }),
    name: Flags.string({ description: 'how the attachment is called', required: true, helpValue: 'NAME' }),
    ...attachFlags,
  };

  async run(): Promise<AttachAnswer> {
    const { flags } = await this.parse(Attach);
    const { givenQueue } = await import('@orchestra/attach');
    const { table, waiting, running, agent, skill, quest, actor, id } = flags;
    return this.attach(
      flags.name,
      givenQueue({
        table,
        waiting,
        running,
        agent,
        skill,
        quest,
        actor,
        id,
        claimText: flags['claim-text'],
        wakeChannel: flags.wake,
        claimedAt: flags['claimed-at'],
      }),
      flags,
    );
  }
}

import { OrchestraCommand } from '../../orchestra-command.ts';

interface AttachmentRow { name: string; engine: string; table: string; attached_at: string; attached_by: string }

export default class AttachList extends OrchestraCommand {
  static override summary = 'the queues of other engines whose claims read the pauses';

  async run(): Promise<{ attachments: AttachmentRow[] }> {
    await this.parse(AttachList);
    const { listAttachments } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { sayAgo } = await import('../../show/instant.ts');
    const { table } = await import('../../show/table.ts');
    const attachments = (await atDatabase(listAttachments)).map(({ name, engine, queue, attachedAt, attachedBy }): AttachmentRow => ({
      name, engine, table: `${queue.schema}.${queue.table}`, attached_at: attachedAt.toISOString(), attached_by: attachedBy,
    }));
    this.show(attachments.length === 0 ? 'nothing is attached' : table(attachments, [
      { head: 'NAME', cell: (row) => row.name },
      { head: 'ENGINE', cell: (row) => row.engine },
      { head: 'TABLE', cell: (row) => row.table },
      { head: 'ATTACHED', cell: (row) => `${sayAgo(row.attached_at)} by ${row.attached_by}` },
    ]));
    return { attachments };
  }
}

import { OrchestraCommand } from '../../orchestra-command.ts';

interface AttachmentRow {
  name: string;
  engine: string;
  table: string;
  /** null: Orchestra's own. */ database: string | null;
  attached_at: string;
  attached_by: string;
}

export default class AttachList extends OrchestraCommand {
  static override summary = 'the queues of other engines whose claims read the pauses';

  async run(): Promise<{ attachments: AttachmentRow[] }> {
    await this.parse(AttachList);
    const { listAttachments, listElsewhere, sayPlace } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { sayAgo } = await import('../../show/instant.ts');
    const { table } = await import('../../show/table.ts');
    const found = await atDatabase(async (db) => [
      ...(await listAttachments(db)).map((one) => ({ ...one, database: null })),
      ...(await listElsewhere(db)).map(({ place, ...one }) => ({ ...one, database: sayPlace(place) })),
    ]);
    const attachments = found
      .map(({ name, engine, queue, database, attachedAt, attachedBy }): AttachmentRow => ({
        name,
        engine,
        table: `${queue.schema}.${queue.table}`,
        database,
        attached_at: attachedAt.toISOString(),
        attached_by: attachedBy,
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name));
    this.show(
      attachments.length === 0
        ? 'nothing is attached'
        : table(attachments, [
            { head: 'NAME', cell: (row) => row.name },
            { head: 'ENGINE', cell: (row) => row.engine },
            { head: 'TABLE', cell: (row) => row.table },
            { head: 'DATABASE', cell: (row) => row.database ?? 'this one' },
            { head: 'ATTACHED', cell: (row) => `${sayAgo(row.attached_at)} by ${row.attached_by}` },
          ]),
    );
    return { attachments };
  }
}

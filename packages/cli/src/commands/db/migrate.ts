import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class DbMigrate extends OrchestraCommand {
  static override summary = 'bring the database to the newest migration; safe at any time and again';
  static override description =
    `Works on DATABASE_URL, or on the database that \`${COMMAND} up\` wrote down. The ` +
    'services do it by themselves when they start.';

  async run(): Promise<{ applied: number; total: number }> {
    await this.parse(DbMigrate);
    const { migrate } = await import('@orchestra/database');
    const { findDatabaseUrl } = await import('../../desk/database-url.ts');
    const { explainDatabaseError } = await import('../../desk/open-database.ts');
    const url = findDatabaseUrl();
    const report = await migrate(url).catch((error: unknown) => {
      throw explainDatabaseError(error, url);
    });
    this.show(
      report.applied === 0
        ? `up to date: ${report.total} migrations`
        : `applied ${report.applied}; the database now has ${report.total} migrations`,
    );
    return report;
  }
}

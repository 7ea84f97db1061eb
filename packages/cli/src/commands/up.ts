import { Flags } from '@oclif/core';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Up extends OrchestraCommand {
  static override summary =
    'start everything on this machine: a PostgreSQL (unless DATABASE_URL names one), and the three services';
  static override description =
    'Ctrl-C stops it all, in order. With --json one line of JSON on stdout says when everything is ready and where.';
  static override flags = {
    verbose: Flags.boolean({ description: "show every line of the services' logs, not only warnings and errors" }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Up);
    const { hideSecrets } = await import('../hide-secrets.ts');
    hideSecrets((line) => this.talk(line));
    const { runUp } = await import('../up/run-up.ts');
    await runUp({ verbose: flags.verbose, json: this.jsonEnabled(), say: (line) => this.talk(line) });
  }
}

import { Args, Flags } from '@oclif/core';
import { durationFlag } from '../../flags/duration.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

interface NewToken {
  name: string;
  role: string;
  token: string;
  expires_in_seconds: number | null;
}

export default class TokenCreate extends OrchestraCommand {
  static override summary = 'make a token; it is printed this once and kept nowhere';
  static override description = 'Works on the database itself: who may do that may do everything. viewer reads; worker adds, claims and finishes tasks; source posts alerts; operator pauses, clears and acknowledges; admin does all of it.';
  static override examples = ['<%= config.bin %> token create nightly-worker --role worker --expires 90d', 'ORCHESTRA_TOKEN=$(<%= config.bin %> token create ci --role viewer)'];
  static override args = { name: Args.string({ description: 'how the history shows its holder', required: true, ignoreStdin: true }) };
  static override flags = {
    role: Flags.string({ description: 'what it may do', required: true, options: ['viewer', 'worker', 'source', 'operator', 'admin'] }),
    expires: durationFlag({ description: 'for how long it is valid; without it until it is revoked', helpValue: '90d' }),
  };

  async run(): Promise<NewToken> {
    const { args, flags } = await this.parse(TokenCreate);
    const { createToken } = await import('@orchestra/pause-core');
    const { label, role } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { directName } = await import('../../desk/direct-desk.ts');
    const order = checked(z.object({ name: label, role }), { name: args.name, role: flags.role });
    const token = await atDatabase((db) => createToken(db, { ...order, by: directName(), expiresInSeconds: flags.expires }));
    this.show(token);
    this.hint(`made for ${order.name} (${order.role}); it cannot be shown again`);
    return { ...order, token, expires_in_seconds: flags.expires ?? null };
  }
}

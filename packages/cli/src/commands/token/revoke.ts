import { Args } from '@oclif/core';
import { OrchestraCommand } from '../../orchestra-command.ts';

export default class TokenRevoke extends OrchestraCommand {
  static override summary =
    'end a token; within two seconds every service refuses it, and its streams and waiting claims end';
  static override args = { name: Args.string({ description: 'of the token', required: true, ignoreStdin: true }) };

  async run(): Promise<{ revoked: string }> {
    const { args } = await this.parse(TokenRevoke);
    const { revokeToken } = await import('@orchestra/pause-core');
    const { label } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { directName } = await import('../../desk/direct-desk.ts');
    const { name } = checked(z.object({ name: label }), args);
    await atDatabase((db) => revokeToken(db, { name, by: directName() }));
    this.show(`revoked ${name}`);
    return { revoked: name };
  }
}

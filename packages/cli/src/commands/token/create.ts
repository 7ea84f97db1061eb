import { Args, Flags } from '@oclif/core';
import { durationFlag } from '../../flags/duration.ts';
import type { TokenLabels } from '@orchestra/pause-core';
import { wrongUsage } from '../../failure.ts';
import { writeNewSecret } from '../../write-new-secret.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { sayTokenLabels } from '../../show/token-labels.ts';

interface NewToken {
  name: string;
  role: string;
  /** null: it is in `file` alone. */
  token: string | null;
  file: string | null;
  expires_in_seconds: number | null;
  /** null: any label */
  labels: TokenLabels | null;
}

const LABELS_MAX = 100;

const labelFlag = (kind: string, helpValue: string) =>
  Flags.string({
    description: `work for this ${kind} alone; may be given again`,
    multiple: true,
    multipleNonGreedy: true,
    helpValue,
  });

export default class TokenCreate extends OrchestraCommand {
  static override summary = 'make a token; it is printed this once, or written to a file, and kept nowhere else';
  static override description =
    'Works on the database itself: who may do that may do everything. viewer reads; worker adds, claims ' +
    'and finishes tasks; source posts alerts; operator pauses, clears and acknowledges; admin does all ' +
    'of it; agent only asks what is paused, which is enough for a turn gate. With --agent, --skill, ' +
    "--quest or --actor a worker's token adds and claims work under these labels alone, so that an agent " +
    'cannot leave its pause under another name.';
  static override examples = [
    '<%= config.bin %> token create skeptic-worker --role worker --agent skeptic --file skeptic-token',
    '<%= config.bin %> token create nightly-worker --role worker --expires 90d',
    '<%= config.bin %> token create skeptic-1 --role worker --agent skeptic',
    'ORCHESTRA_TOKEN=$(<%= config.bin %> token create ci --role viewer)',
  ];
  static override args = {
    name: Args.string({ description: 'how the history shows its holder', required: true, ignoreStdin: true }),
  };
  static override flags = {
    role: Flags.string({
      description: 'what it may do',
      required: true,
      options: ['viewer', 'worker', 'source', 'operator', 'admin', 'agent'],
    }),
    expires: durationFlag({
      description: 'for how long it is valid; without it until it is revoked',
      helpValue: '90d',
    }),
    file: Flags.string({
      description:
        'write it to this new file, which only you may read, instead of printing it; a worker is given the ' +
        'file by ORCHESTRA_TOKEN_FILE',
      helpValue: 'FILE',
    }),
    agent: labelFlag('agent', 'ID'),
    skill: labelFlag('skill', 'NAME'),
    quest: labelFlag('quest', 'ID'),
    actor: labelFlag('actor', 'ID'),
  };

  async run(): Promise<NewToken> {
    const { args, flags } = await this.parse(TokenCreate);
    const { createToken } = await import('@orchestra/pause-core');
    const { label, role } = await import('@orchestra/pause-core/contract');
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const { directName } = await import('../../desk/direct-desk.ts');
    const labels = z.array(label).max(LABELS_MAX).optional();
    const order = checked(
      z.object({
        name: label,
        role,
        labels: z.object({ agents: labels, skills: labels, quests: labels, actors: labels }),
      }),
      {
        name: args.name,
        role: flags.role,
        labels: { agents: flags.agent, skills: flags.skill, quests: flags.quest, actors: flags.actor },
      },
    );
    const named = Object.values(order.labels).some((given) => given !== undefined) ? order.labels : null;
    if (named !== null && order.role !== 'worker')
      throw wrongUsage(
        `labels are for the role worker; a token of the role ${order.role} ` +
          `${order.role === 'viewer' || order.role === 'source' || order.role === 'agent' ? 'runs no tasks' : 'may pause and clear for everybody'}`,
      );
    const make = () =>
      atDatabase((db) =>
        createToken(db, { ...order, labels: named, by: directName(), expiresInSeconds: flags.expires }),
      );
    const madeFor = `made for ${order.name} (${order.role}${named === null ? '' : `, ${sayTokenLabels(named)}`})`;
    const answer = { name: order.name, role: order.role, expires_in_seconds: flags.expires ?? null, labels: named };
    const { file } = flags;
    if (file === undefined) {
      const token = await make();
      this.show(token);
      this.hint(`${madeFor}; it cannot be shown again`);
      return { ...answer, token, file: null };
    }
    await writeNewSecret(file, make);
    this.hint(`${madeFor}, and written to ${file}; a worker is given it by ORCHESTRA_TOKEN_FILE`);
    return { ...answer, token: null, file };
  }
}

import { Args } from '@oclif/core';
import type { JobHeld } from '@orchestra/attach';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { sayPause } from '../../show/say-pause.ts';
import { visibleText } from '../../show/visible-text.ts';

export default class AttachWhy extends OrchestraCommand {
  static override summary = 'why does a job of an attached queue not start? the pauses that cover it';
  static override description =
    'What else the engine may wait for (its time, its retries, a worker) only the engine knows.';
  static override args = {
    name: Args.string({ description: 'of the attachment', required: true, ignoreStdin: true }),
    job: Args.string({ description: 'its id in the engine’s table', required: true, ignoreStdin: true }),
  };

  async run(): Promise<Omit<JobHeld, 'claimedAt'> & { name: string; claimedAt: string | null }> {
    const { args } = await this.parse(AttachWhy);
    const { whyJob } = await import('@orchestra/attach');
    const { atDatabase } = await import('../../desk/open-database.ts');
    const found = await atDatabase((db) => whyJob(db, args.name, args.job));
    const carries =
      found.scopes.length === 0
        ? 'carries no label, so no pause covers it'
        : `carries ${found.scopes.map(visibleText).join(', ')}`;
    this.show(
      [
        `job ${visibleText(found.job)} of ${args.name} ` +
          `${found.state === 'running' ? 'is running' : 'waits'}; it ${carries}`,
        ...found.pauses.map((pause) => `held by pause ${pause.id}, ${sayPause(pause)}`),
        ...(found.pauses.length === 0
          ? ['no active pause covers it']
          : found.state === 'running'
            ? ['it was claimed before, and goes on to its end']
            : []),
      ].join('\n'),
    );
    return { name: args.name, ...found, claimedAt: found.claimedAt?.toISOString() ?? null };
  }
}

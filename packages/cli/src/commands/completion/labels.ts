import { Args } from '@oclif/core';
import { KINDS } from '../../flags/scope.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

const LISTED_MAX = 200;
// The person who presses Tab waits.
const WITHIN_MS = 2_000;

/** For the shell: the labels that are at work or in the queue, one a line; nothing where nobody answers. */
export default class CompletionLabels extends OrchestraCommand {
  static override summary =
    'the agents, skills, quests or actors that are at work or in the queue, for the completion of a shell';
  static override hidden = true;
  static override args = {
    kind: Args.string({ description: 'of which kind', required: true, options: [...KINDS], ignoreStdin: true }),
  };

  async run(): Promise<{ labels: string[] }> {
    const {
      args: { kind },
    } = await this.parse(CompletionLabels);
    const labels = await this.#read(kind).catch(() => []);
    if (labels.length > 0) this.show(labels.join('\n'));
    return { labels };
  }

  async #read(kind: string): Promise<string[]> {
    const { createClient } = await import('@orchestra-brake/client');
    const { labelsQuery } = await import('@orchestra/task-queue/contract');
    const { findSettings } = await import('../../profile/settings.ts');
    const filter = labelsQuery.parse({ by: kind, limit: LISTED_MAX });
    const { labels } = await createClient(findSettings()).queueLabels(filter, { triesMax: 1, timeLimitMs: WITHIN_MS });
    return labels.map(({ value }) => value);
  }
}

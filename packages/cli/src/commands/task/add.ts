import { Flags } from '@oclif/core';
import { deskFlags } from '../../flags/desk.ts';
import { labelFlags, toLabels } from '../../flags/labels.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';

type GivenFlags = Parameters<typeof toLabels>[0] &
  Partial<
    Record<'repo' | 'pipeline' | 'stage' | 'payload' | 'from', string | undefined> &
      Record<'priority' | 'max-attempts', number | undefined>
  >;

export default class TaskAdd extends OrchestraCommand {
  static override summary = 'put one task in the queue, or many from a file; prints their ids';
  static override examples = [
    '<%= config.bin %> task add --agent skeptic --skill debate --quest q-7 --payload \'{"file": "README.md"}\'',
    '<%= config.bin %> task add --quest q-7 --from tasks.ndjson',
  ];
  static override flags = {
    ...labelFlags,
    repo: Flags.string({ description: 'the repository that it works on', helpValue: 'NAME' }),
    pipeline: Flags.string({
      description: 'the pipeline that the task goes through, from its first stage on unless --stage names another',
      helpValue: 'NAME',
    }),
    stage: Flags.string({
      description: 'the stage of its pipeline in which the task begins',
      helpValue: 'NAME',
      dependsOn: ['pipeline'],
    }),
    priority: Flags.integer({ description: 'smaller goes first; 0 unless given' }),
    'max-attempts': Flags.integer({ description: 'how often it may be tried; 3 unless given' }),
    payload: Flags.string({
      description: 'a JSON object: as text, as @file, or - for standard input',
      exclusive: ['from'],
      helpValue: 'JSON',
    }),
    from: Flags.string({
      description:
        'a file with one JSON task a line (- for standard input); the other flags hold for lines that do not ' +
        'say otherwise',
      helpValue: 'tasks.ndjson',
    }),
    ...deskFlags,
  };

  async run(): Promise<{ ids: string[] }> {
    const { flags } = await this.parse(TaskAdd);
    const { atDesk } = await import('../../desk/at-desk.ts');
    const { addTasks } = await import('../../add-tasks.ts');
    const tasks = await this.#tasks(flags);
    const ids = await atDesk(flags.direct, (desk) => addTasks(desk, tasks));
    this.show(ids.join('\n'));
    this.hint(ids.length === 1 ? 'added 1 task' : `added ${ids.length} tasks`);
    return { ids };
  }

  async #tasks(flags: GivenFlags) {
    const { newTask } = await import('@orchestra/task-queue/contract');
    const { checked } = await import('../../checked.ts');
    const { repo, pipeline, stage, priority } = flags;
    const fields = { ...toLabels(flags), repo, pipeline, stage, priority, max_attempts: flags['max-attempts'] };
    if (flags.from !== undefined) {
      const { tasksFromFile } = await import('../../tasks-from-file.ts');
      return tasksFromFile(flags.from, fields);
    }
    const { readJson } = await import('../../read-input.ts');
    const payload = flags.payload === undefined ? undefined : await readJson(flags.payload, '--payload');
    return [checked(newTask, { ...fields, payload })];
  }
}

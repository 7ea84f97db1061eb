import { isAbsolute } from 'node:path';
import { Flags } from '@oclif/core';
import { ownEnvironment } from '@orchestra/pause-core/own-environment';
import { wrongUsage } from '../failure.ts';
import { profile } from '../flags/desk.ts';
import { durationFlag } from '../flags/duration.ts';
import { OrchestraCommand } from '../orchestra-command.ts';
import type { CommandOrder, WorkOrder } from '../run-worker.ts';
import { RUNNER_SKILLS, type RunnerSkill } from '../runner/runner-skills.ts';
import { COMMAND } from '../command-name.ts';
import { manualPage } from '@orchestra/service-shell/manual';

export default class Worker extends OrchestraCommand {
  static override summary = 'run a command for every task: payload on stdin, exit code 0 is done';
  static override description =
    'A command that leaves questions in 01-questions.md of its working folder, and ' +
    `ends with 0, has its task parked until \`${COMMAND} task answer\`; its next run ` +
    'finds the answer in 02-answers.md. Questions are superseded only where ' +
    '--deliverables or the stage names files, and all of them were written after the ' +
    `questions. What else a command may leave: ${manualPage('agent-contract.md')}. The ` +
    'payload also stands in ORCHESTRA_PAYLOAD, the labels in ORCHESTRA_AGENT_ID, ' +
    'ORCHESTRA_SKILL and so on. Any exit code but 0 has failed; the output is kept ' +
    'with the task. At the time limit the command and everything it started is ended. ' +
    'Ctrl-C claims nothing more and waits for what is running. With --runner it is a ' +
    'deterministic runner instead, and takes what is kept for the runner of its skill; ' +
    `what its file holds: ${manualPage('runners.md')}.`;
  static override usage = [
    'worker [--skill NAME] [--agent ID] [--concurrency 4] [--time-limit 10m] -- COMMAND',
    'worker --runner testing|staging --runner-config FILE [--concurrency 4]',
  ];
  static override examples = [
    '<%= config.bin %> worker --skill lint -- node lint.mjs',
    '<%= config.bin %> worker --agent skeptic --concurrency 4 --time-limit 10m -- ./work.sh',
    '<%= config.bin %> worker --runner testing --runner-config /etc/orchestra/testing.yaml',
  ];
  static override strict = false;
  static override flags = {
    skill: Flags.string({
      description: 'take only tasks of this skill; may be given again',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME',
    }),
    agent: Flags.string({
      description: 'take only tasks of this agent; may be given again',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'ID',
    }),
    concurrency: Flags.integer({ description: 'how many tasks at a time', default: 1, min: 1, max: 1_000 }),
    folder: Flags.string({
      description:
        'each task gets a working folder of its own below this one, named by its id; the current one serves ' +
        'all unless given. Paths in COMMAND count from there',
      helpValue: 'DIR',
    }),
    deliverables: Flags.string({
      description:
        'files that COMMAND leaves in its folder, separated by commas: only all of them, written after ' +
        '01-questions.md, supersede its questions',
      helpValue: 'FILE,FILE',
    }),
    'time-limit': durationFlag({ description: 'how long the command may take; one hour unless given' }),
    runner: Flags.string({
      description: "instead of COMMAND: run the tests of a task's repo, or the staging command on its host",
      options: [...RUNNER_SKILLS],
      helpValue: RUNNER_SKILLS.join('|'),
    }),
    'runner-config': Flags.string({
      description: 'the settings of the runner, YAML or JSON; needs --runner',
      helpValue: 'FILE',
    }),
    env: Flags.string({
      description:
        'give COMMAND this variable: NAME as this process has it, or NAME=VALUE; may be given again. Tokens, ' +
        'addresses of databases and ORCHESTRA_ variables are withheld unless named here',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'NAME[=VALUE]',
    }),
    name: Flags.string({
      description: 'names this worker in receipts and histories; host and process id unless given',
    }),
    profile,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Worker);
    const work = workOf(argv.map(String), flags);
    if ('command' in work) await refuseMissing(work);
    const { hideSecrets } = await import('../hide-secrets.ts');
    hideSecrets((line) => this.talk(line));
    const { runWorker } = await import('../run-worker.ts');
    await runWorker({
      work,
      skills: flags.skill,
      agents: flags.agent,
      name: flags.name,
      concurrency: flags.concurrency,
      tell: (line) => this.talk(line),
      report: (told) => {
        if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(told)}\n`);
      },
    });
  }
}

interface Given {
  runner?: string | undefined;
  'runner-config'?: string | undefined;
  'time-limit'?: number | undefined;
  folder?: string | undefined;
  env?: string[] | undefined;
  deliverables?: string | undefined;
}

/** @throws CommandFailure `wrong_usage` for both a command and a runner, for neither, and for a half of one */
function workOf(
  command: string[],
  {
    runner: named,
    'runner-config': config,
    'time-limit': timeLimitSeconds,
    folder: folderPerTask,
    env,
    deliverables,
  }: Given,
): WorkOrder {
  const runner: RunnerSkill | undefined = RUNNER_SKILLS.find((skill) => skill === named);
  if (runner === undefined) {
    if (config !== undefined)
      throw wrongUsage(`--runner-config needs --runner: say which it is, ${RUNNER_SKILLS.join(' or ')}`);
    if (command.length === 0)
      throw wrongUsage(
        'say what to run: `orchestra worker --skill lint -- node lint.mjs`, or --runner with --runner-config',
      );
    return {
      command,
      timeLimitSeconds,
      folderPerTask,
      env: variables(env ?? []),
      deliverables: (deliverables ?? '')
        .split(',')
        .map((file) => file.trim())
        .filter((file) => file !== ''),
    };
  }
  if (command.length > 0)
    throw wrongUsage('either --runner or a COMMAND, not both: what a runner runs stands in its --runner-config');
  if (config === undefined) throw wrongUsage(`--runner ${runner} needs its settings: --runner-config FILE`);
  if (timeLimitSeconds !== undefined || folderPerTask !== undefined || env !== undefined || deliverables !== undefined)
    throw wrongUsage(
      '--time-limit, --folder, --env and --deliverables are for a COMMAND; with --runner they stand in its ' +
        '--runner-config',
    );
  return { runner, config };
}

/**
 * A command that is not there would fail every task that it is given, attempt by attempt. A path that counts from the
 * folder of each task cannot be looked for before.
 *
 * @throws CommandFailure `wrong_usage`
 */
async function refuseMissing({ command: [program = ''], folderPerTask, env }: CommandOrder): Promise<void> {
  if (folderPerTask !== undefined && program.includes('/') && !isAbsolute(program)) return;
  const { findProgram } = await import('@orchestra/runner');
  if (findProgram(program, '.', env['PATH'] ?? process.env['PATH'] ?? '') !== undefined) return;
  throw wrongUsage(
    program.includes('/')
      ? `cannot start ${program}: there is no such file that may be executed`
      : `cannot start ${program}: no folder of PATH has it`,
  );
}

/** @throws CommandFailure `wrong_usage` for what is no variable, or one that is not set */
function variables(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value = ownEnvironment()[name ?? '']] =
        /^([A-Za-z_][A-Za-z0-9_]*)(?:=([\s\S]*))?$/.exec(text) ?? [];
      if (name === undefined)
        throw wrongUsage(`--env takes NAME or NAME=VALUE, and "${text.split('=', 1)[0]}" is no name of a variable`);
      if (value === undefined) throw wrongUsage(`--env ${name}: it is not set here`);
      return [name, value];
    }),
  );
}

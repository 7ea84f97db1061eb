import { Flags } from '@oclif/core';
import { wrongUsage } from '../failure.ts';
import { durationFlag } from '../flags/duration.ts';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Worker extends OrchestraCommand {
  static override summary = 'run a command for every task: payload on stdin, exit code 0 is done';
  static override description = 'A command that leaves questions in 01-questions.md of its working folder, and ends with 0 without writing anything after them, has its task parked until `orchestra task answer`; its next run finds the answer in 02-answers.md. The payload also stands in ORCHESTRA_PAYLOAD, the labels in ORCHESTRA_AGENT_ID, ORCHESTRA_SKILL and so on. Any exit code but 0 has failed; the output is kept with the task. At the time limit the command and everything it started is ended. Ctrl-C claims nothing more and waits for what is running.';
  static override usage = 'worker [--skill NAME] [--agent ID] [--concurrency 4] [--time-limit 10m] -- COMMAND';
  static override examples = ['<%= config.bin %> worker --skill lint -- node lint.mjs', '<%= config.bin %> worker --agent skeptic --concurrency 4 --time-limit 10m -- ./work.sh'];
  static override strict = false;
  static override flags = {
    skill: Flags.string({ description: 'take only tasks of this skill; may be given again', multiple: true, multipleNonGreedy: true, helpValue: 'NAME' }),
    agent: Flags.string({ description: 'take only tasks of this agent; may be given again', multiple: true, multipleNonGreedy: true, helpValue: 'ID' }),
    concurrency: Flags.integer({ description: 'how many tasks at a time', default: 1, min: 1, max: 1_000 }),
    folder: Flags.string({ description: 'each task gets a working folder of its own below this one, named by its id; the current one serves all unless given. Paths in COMMAND count from there', helpValue: 'DIR' }),
    'time-limit': durationFlag({ description: 'how long the command may take; one hour unless given' }),
    name: Flags.string({ description: 'names this worker in receipts and histories; host and process id unless given' }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Worker);
    const command = argv.map(String);
    if (command.length === 0) throw wrongUsage('say what to run: `orchestra worker --skill lint -- node lint.mjs`');
    const { runWorker } = await import('../run-worker.ts');
    await runWorker({
      command, skills: flags.skill, agents: flags.agent, name: flags.name, concurrency: flags.concurrency,
      timeLimitSeconds: flags['time-limit'], folderPerTask: flags.folder,
      tell: (line) => this.talk(line),
      report: (told) => { if (this.jsonEnabled()) process.stdout.write(`${JSON.stringify(told)}\n`); },
    });
  }
}

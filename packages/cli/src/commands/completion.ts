import { Args } from '@oclif/core';
import { OrchestraCommand } from '../orchestra-command.ts';

export default class Completion extends OrchestraCommand {
  static override summary = 'print the completion for your shell';
  static override description =
    'bash and zsh: source <(orchestra completion bash). fish: orchestra completion fish | source. Put ' +
    'that into what your shell reads at its start. It knows commands, flags and fixed values; labels it ' +
    'asks the services for, and suggests none where they do not answer.';
  static override examples = [
    'source <(<%= config.bin %> completion bash)',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/orchestra.fish',
  ];
  static override args = {
    shell: Args.string({
      description: 'for which',
      required: true,
      options: ['bash', 'zsh', 'fish'],
      ignoreStdin: true,
    }),
  };

  async run(): Promise<{ shell: string; script: string }> {
    const {
      args: { shell },
    } = await this.parse(Completion);
    const { loadCommands } = await import('../commands.ts');
    const { knownCommands } = await import('../completion/known-commands.ts');
    const commands = knownCommands(await loadCommands());
    const script =
      shell === 'bash'
        ? (await import('../completion/bash.ts')).bashCompletion(commands)
        : shell === 'zsh'
          ? (await import('../completion/zsh.ts')).zshCompletion(commands)
          : (await import('../completion/fish.ts')).fishCompletion(commands);
    this.show(script.trimEnd());
    return { shell, script };
  }
}

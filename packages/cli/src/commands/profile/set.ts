import { resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { wrongUsage } from '../../failure.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

const TOKEN_BYTES_MAX = 1_000;
const NAME = /^[a-z0-9][\w.-]{0,63}$/i;

export default class ProfileSet extends OrchestraCommand {
  static override summary = 'write down where a set of services is, and as whom to call them';
  static override description =
    'What is not given stays as it was. The token comes from a file, read at each call, or over standard ' +
    'input, and is kept in the file of the profiles: on a command line everybody on this machine could read it.';
  static override examples = [
    '<%= config.bin %> profile set prod --url https://brake.example --tasks-url https://tasks.example ' +
      '--token-file ~/.secrets/orchestra',
    'pass orchestra | <%= config.bin %> profile set prod --token -',
  ];
  static override args = { name: Args.string({ description: 'of the profile', required: true, ignoreStdin: true }) };
  static override flags = {
    url: Flags.string({ description: 'of pause-api', helpValue: 'https://…' }),
    'tasks-url': Flags.string({ description: 'of worker-claimer; the same unless given', helpValue: 'https://…' }),
    'token-file': Flags.string({
      description: 'the file that holds the token',
      helpValue: 'FILE',
      exclusive: ['token'],
    }),
    token: Flags.string({ description: '- reads the token from standard input and keeps it', helpValue: '-' }),
    use: Flags.boolean({ description: 'and use it from now on' }),
  };

  async run(): Promise<{ name: string; url: string; tasks_url: string; current: boolean }> {
    const { args, flags } = await this.parse(ProfileSet);
    if (flags.token !== undefined && flags.token !== '-')
      throw wrongUsage(
        'a token on the command line can be read by everybody on this machine: say --token - and pipe it in, ' +
          'or --token-file',
      );
    const { z } = await import('zod');
    const { checked } = await import('../../checked.ts');
    const { readText } = await import('../../read-input.ts');
    const { readProfiles, writeProfiles } = await import('../../profile/profiles-file.ts');
    const address = z.url({ protocol: /^https?$/, error: 'must be an address like https://brake.example' });
    const { name } = checked(
      z.object({ name: z.string().regex(NAME, 'must be letters, digits, dots, dashes and underscores, at most 64') }),
      args,
    );
    const all = readProfiles();
    const before = Object.hasOwn(all.profiles, name) ? all.profiles[name] : undefined;
    const url = flags.url ?? before?.url;
    if (url === undefined)
      throw wrongUsage(`there is no profile "${name}" yet: say where its services are, --url and --tasks-url`);
    const addresses = checked(z.object({ url: address, tasks_url: address }), {
      url,
      tasks_url: flags['tasks-url'] ?? (flags.url === undefined ? before?.tasks_url : undefined) ?? url,
    });
    const token = flags.token === undefined ? undefined : (await readText('-', TOKEN_BYTES_MAX)).trim();
    if (token === '') throw wrongUsage('there is no token on standard input');
    const secret =
      token !== undefined
        ? { token }
        : flags['token-file'] !== undefined
          ? { token_file: resolve(flags['token-file']) }
          : // A token belongs to the addresses that it was given for.
            before !== undefined && before.url === addresses.url && before.tasks_url === addresses.tasks_url
            ? {
                ...(before.token !== undefined && { token: before.token }),
                ...(before.token_file !== undefined && { token_file: before.token_file }),
              }
            : {};
    if (before !== undefined && (before.token ?? before.token_file) !== undefined && Object.keys(secret).length === 0)
      this.hint(
        'the addresses have changed, so the token of this profile was dropped: give it again with --token - ' +
          'or --token-file',
      );
    const current = flags.use ? name : all.current;
    await writeProfiles({ current, profiles: { ...all.profiles, [name]: { ...addresses, ...secret } } });
    this.show(`profile ${name}: ${addresses.url}, tasks at ${addresses.tasks_url}`);
    if (current !== name)
      this.hint(`to use it from now on: ${COMMAND} profile use ${name}; for one command: --profile ${name}`);
    return { name, ...addresses, current: current === name };
  }
}

import { Args, Flags } from '@oclif/core';
import { wrongUsage } from '../../failure.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class ProfileUse extends OrchestraCommand {
  static override summary = 'use a profile from now on, where command line and environment say nothing else';
  static override args = { name: Args.string({ description: 'of the profile', ignoreStdin: true }) };
  static override flags = {
    none: Flags.boolean({ description: `use none: the folder of \`${COMMAND} up\` counts again` }),
  };

  async run(): Promise<{ current: string | null }> {
    const { args, flags } = await this.parse(ProfileUse);
    if ((args.name === undefined) !== flags.none) throw wrongUsage('say either a NAME or --none');
    const { readProfiles, writeProfiles } = await import('../../profile/profiles-file.ts');
    const all = readProfiles();
    const current = args.name ?? null;
    if (current !== null && !Object.hasOwn(all.profiles, current))
      throw wrongUsage(`there is no profile "${current}"; make it with \`orchestra profile set\``);
    await writeProfiles({ ...all, current });
    this.show(current === null ? 'no profile is in use' : `profile ${current} is in use`);
    const overrides = ['ORCHESTRA_PROFILE', 'ORCHESTRA_URL', 'ORCHESTRA_TASKS_URL', 'ORCHESTRA_HOME'].filter((name) =>
      Boolean(process.env[name]),
    );
    if (overrides.length > 0)
      this.hint(`here ${overrides.join(' and ')} still ${overrides.length === 1 ? 'goes' : 'go'} before it`);
    return { current };
  }
}

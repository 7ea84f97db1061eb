import { Args } from '@oclif/core';
import { wrongUsage } from '../../failure.ts';
import { OrchestraCommand } from '../../orchestra-command.ts';
import { COMMAND } from '../../command-name.ts';

export default class ProfileRemove extends OrchestraCommand {
  static override summary = 'forget a profile, with the token that it keeps';
  static override description = `The token itself stays good; \`${COMMAND} token revoke\` ends it.`;
  static override args = { name: Args.string({ description: 'of the profile', required: true, ignoreStdin: true }) };

  async run(): Promise<{ removed: string }> {
    const {
      args: { name },
    } = await this.parse(ProfileRemove);
    const { readProfiles, writeProfiles } = await import('../../profile/profiles-file.ts');
    const { current, profiles } = readProfiles();
    if (!Object.hasOwn(profiles, name)) throw wrongUsage(`there is no profile "${name}"`);
    const { [name]: _removed, ...others } = profiles;
    await writeProfiles({ current: current === name ? null : current, profiles: others });
    this.show(`removed profile ${name}${current === name ? ', which was in use: none is now' : ''}`);
    return { removed: name };
  }
}

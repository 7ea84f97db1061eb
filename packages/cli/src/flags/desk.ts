import { Flags } from '@oclif/core';
import { chooseProfile } from '../profile/chosen-profile.ts';
import { wrongUsage } from '../failure.ts';
import { direct } from './direct.ts';
import { COMMAND } from '../command-name.ts';

/** `--profile` */
export const profile = Flags.string({
  description: `the services of this profile, whatever the environment says; see \`${COMMAND} profile list\``,
  helpValue: 'NAME',
  parse: (name) => Promise.resolve(chooseProfile(name)),
});

/** Of a command that works over the services or over the database. */
export const deskFlags = { profile, direct };

/** Of a command that needs the services: `--direct` is refused with what to do in its place. */
export function servicesOnly(instead: string) {
  return {
    profile,
    direct: Flags.boolean({
      hidden: true,
      description: 'not here',
      parse: () => {
        throw wrongUsage(`this command needs the services; ${instead}`);
      },
    }),
  };
}

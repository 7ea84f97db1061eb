import { Flags } from '@oclif/core';
import { COMMAND } from '../command-name.ts';

/** `--direct` */
export const direct = Flags.boolean({
  description: `work on the database itself (DATABASE_URL, or what \`${COMMAND} up\` wrote), for when the API is down`,
});

import { Flags } from '@oclif/core';

/** `--direct` */
export const direct = Flags.boolean({ description: 'work on the database itself (DATABASE_URL, or what `orchestra up` wrote), for when the API is down' });

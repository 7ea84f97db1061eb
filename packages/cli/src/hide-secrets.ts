import { existsSync } from 'node:fs';
import { HIDDEN_FD, takeHiddenEnvironment } from '@orchestra/pause-core/own-environment';
import { splitSecrets } from '@orchestra/pause-core/secret-settings';
import { manualPage } from '@orchestra/service-shell/manual';

const SHELL = '/bin/sh';
const SECRETS_AT = '3';
const CARRIER = 'ORCHESTRA_HIDDEN';
// Linux refuses a variable beyond 128 KiB, and Node.js ends the process where the kernel refuses to replace it.
const CARRIER_BYTES_MAX = 100_000;

// A here-document is a pipe (or a file that is already deleted), and stays open across `exec`. What Node.js opens
// itself does not.
const SCRIPT = `exec ${SECRETS_AT}<<END
$${CARRIER}
END
unset ${CARRIER}
exec "$@"`;

/**
 * Takes the secrets out of the environment that the kernel shows of this process (`/proc/PID/environ`): the process
 * replaces itself by one of the same id that is handed them by a pipe. `ownEnvironment` has them then. Call it before
 * anything is opened or spawned.
 *
 * @param tell told where that is not possible
 */
export function hideSecrets(tell: (line: string) => void): void {
  if (process.env[HIDDEN_FD]) return takeHiddenEnvironment();
  const { open, secret } = splitSecrets(process.env);
  if (Object.keys(secret).length === 0) return;
  const carried = JSON.stringify(secret);
  if (
    process.platform === 'win32' ||
    process.execve === undefined ||
    !existsSync(SHELL) ||
    Buffer.byteLength(carried) > CARRIER_BYTES_MAX
  ) {
    tell(
      'programs of this user can read the secrets in the environment of this process: see "Run workers as ' +
        `another user" in ${manualPage('operations.md')}`,
    );
    return;
  }
  process.execve(
    SHELL,
    ['sh', '-c', SCRIPT, 'orchestra', process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { ...open, [CARRIER]: carried, [HIDDEN_FD]: SECRETS_AT },
  );
}

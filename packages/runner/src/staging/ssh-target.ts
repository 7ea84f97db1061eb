/** The host of a staging runner, and how it is reached. */
export interface SshTarget {
  user: string;
  /** A name or an address. */
  host: string;
  /** 22 unless given. */
  port?: number | undefined;
  /** The private key, an absolute path. It must not ask for a passphrase. */
  identityFile: string;
  /** The keys of hosts that are trusted, an absolute path. No other key is, and none is added. */
  knownHostsFile: string;
  /** How long to try to connect. 10 s unless given. */
  connectTimeoutSeconds?: number | undefined;
}

/** The settings of a staging runner make no command that could be run. */
export class SshTargetError extends Error {
  override readonly name = 'SshTargetError';
}

const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?$/;
const ADDRESS_6 = /^[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?<=:)[0-9.]{7,15})?$/;
// ssh reads options of its own in the rest: `%h`, `${HOME}`, `~`, quotes, and lists at white space.
const PATH = /^\/[A-Za-z0-9_./+@,=:-]{0,4000}$/;

/** @throws SshTargetError for what ssh could take for something else */
export function checkTarget({
  user,
  host,
  port = 22,
  identityFile,
  knownHostsFile,
  connectTimeoutSeconds = 10,
}: SshTarget): Required<SshTarget> {
  const refuse = (what: string, value: unknown, want: string): never => {
    throw new SshTargetError(`${what} ${JSON.stringify(value)} cannot be used: ${want}`);
  };
  if (!USER.test(user))
    refuse('the ssh user', user, 'letters, digits, dots, dashes and underscores, and no dash at the beginning');
  if (!HOST_NAME.test(host) && !ADDRESS_6.test(host))
    refuse('the ssh host', host, 'a host name or an address, and no dash at the beginning');
  if (!Number.isInteger(port) || port < 1 || port > 65_535) refuse('the ssh port', port, 'a number from 1 to 65535');
  if (!PATH.test(identityFile))
    refuse('the identity file', identityFile, 'an absolute path of letters, digits and _./+@,=:-');
  if (!PATH.test(knownHostsFile))
    refuse('the known-hosts file', knownHostsFile, 'an absolute path of letters, digits and _./+@,=:-');
  if (!Number.isInteger(connectTimeoutSeconds) || connectTimeoutSeconds < 1 || connectTimeoutSeconds > 600)
    refuse('the time to connect', connectTimeoutSeconds, 'whole seconds from 1 to 600');
  return { user, host, port, identityFile, knownHostsFile, connectTimeoutSeconds };
}

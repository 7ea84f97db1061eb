import { describeAddress } from './address.ts';
import { parseAddress } from './parse-address.ts';
import { parseText } from './parse-text.ts';

// These stand in front of the parameters, or are secrets and files of one machine.
const NOT_AS_PARAMETERS = new Set([
  'host',
  'port',
  'user',
  'username',
  'dbname',
  'database',
  'password',
  'passfile',
  'sslpassword',
]);
const PLAIN = /^postgresql:\/\/([^:@/]*)@/;

/**
 * An address in one form, whatever form it was given in: a URI with user, hosts, database and parameters, and without a
 * password. What the environment adds to the address stands in it too, as far as it says where and who.
 *
 * @param user another one than the address names
 * @throws AddressError
 */
export function plainUrl(text: string, user?: string): string {
  const address = parseAddress(text);
  const parameters = [...parseText(text)]
    .filter(([name]) => !NOT_AS_PARAMETERS.has(name))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return (
    describeAddress({ ...address, user: user ?? address.user }) +
    (parameters.length === 0 ? '' : `?${parameters.join('&')}`)
  );
}

/** The same address with a password. @param url as {@link plainUrl} has made it */
export function withPassword(url: string, password: string): string {
  return url.replace(PLAIN, (_, user: string) => `postgresql://${user}:${encodeURIComponent(password)}@`);
}

/** Whether the address itself holds a password. @throws AddressError */
export function namesPassword(text: string): boolean {
  return parseText(text).has('password');
}

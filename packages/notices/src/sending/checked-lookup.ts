import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** The target's host stands where notices must not go. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';

  constructor(host: string, address: string) {
    super(
      `${host} stands at ${address}, which is not in the public internet; \`allow_private: true\` in the ` +
        'file of targets allows it',
    );
  }
}

/** Resolves a host, as `node:dns` does. Another one is for tests. */
export type Resolver = (
  host: string,
  answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;
const system: Resolver = (host, answer) => lookup(host, { all: true, verbatim: true }, answer);

/**
 * Resolves once and hands the connection the very addresses that were looked at: a name that answers something else a
 * moment later (DNS rebinding) gains nothing. One forbidden address among them refuses all.
 */
export function checkedLookup(allowPrivate: boolean, resolve: Resolver = system): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      const refused = allowPrivate ? undefined : addresses?.find(({ address }) => !isPublicAddress(address));
      if (error !== null) callback(error, '');
      else if (addresses.length === 0)
        callback(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '');
      else if (refused !== undefined) callback(new AddressRefusedError(host, refused.address), '');
      else if (options.all === true) callback(null, addresses);
      else callback(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4);
    });
  };
}

/**
 * An address in place of a name is connected to without any lookup, so it is looked at here.
 *
 * @throws AddressRefusedError
 */
export function checkLiteral({ hostname }: URL, allowPrivate: boolean): void {
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (!allowPrivate && isIP(address) !== 0 && !isPublicAddress(address))
    throw new AddressRefusedError(hostname, address);
}

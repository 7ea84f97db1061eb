import { ADDRESS_FORM, AddressError } from './address.ts';

/** An address by the parameter names of libpq; lists are joined by commas, as there. */
export type Parameters = Map<string, string>;

/** Takes away what copying and quoting leave around an address: a byte order mark, white space, quotes. */
export function trimmed(text: string): string {
  const bare = text.replace(/^\uFEFF/, '').trim();
  return /^(["'])(.*)\1$/s.exec(bare)?.[2]?.trim() ?? bare;
}

/**
 * Reads a URI or a keyword/value string as libpq does, and takes besides what libpq would refuse but can only be meant
 * one way: a password with @, /, ?, #, % or a blank that are not percent-encoded.
 *
 * @throws AddressError
 */
export function parseText(text: string): Parameters {
  const bare = trimmed(text);
  if (bare === '') throw new AddressError(`is empty; it ${ADDRESS_FORM}`);
  const scheme = /^(?:jdbc:)?postgres(?:ql)?(?:\+\w+)?:\/\//i.exec(bare)?.[0];
  if (scheme !== undefined) return parseUri(bare.slice(scheme.length));
  if (/^[a-z_]+\s*=/i.test(bare)) return parseKeywords(bare);
  const other = /^([a-z][a-z0-9+.-]{1,20}):\/\//i.exec(bare)?.[1];
  throw new AddressError(other === undefined ? ADDRESS_FORM : `${ADDRESS_FORM}; it begins with ${other}://`);
}

const HOST = String.raw`(?:\[[0-9a-fA-F:.%\w]+\]|[^\s@/?#,:\[\]]*)(?::\d*)?`;
const AFTER_USER = String.raw`(${HOST}(?:,${HOST})*)(?:/([^/?@]*))?(?:\?(.*))?$`;
// As libpq reads it: the user's part ends at the first @. Otherwise at the last one behind which the rest makes sense.
const AS_WRITTEN = new RegExp(`^(?:([^@/]*)@)?${AFTER_USER}`, 's');
const LENIENT = new RegExp(`^(.*)@${AFTER_USER}`, 's');

function parseUri(rest: string): Parameters {
  const match = AS_WRITTEN.exec(rest) ?? LENIENT.exec(rest);
  if (match === null)
    throw new AddressError(
      `${ADDRESS_FORM}; what follows :// cannot be read. Percent-encode special characters of the password`,
    );
  const [, userPart, hostPart = '', database, query] = match;
  const found: Parameters = new Map();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') found.set(name, value);
  };
  const [, user, password] = /^([^:]*)(?::(.*))?$/s.exec(userPart ?? '') ?? [];
  put('user', decoded(user));
  put('password', decoded(password));
  const places = hostPart.split(',').map((place) => /^(\[.*\]|[^:]*)(?::(\d*))?$/s.exec(place) ?? []);
  put('host', places.map(([, host = '']) => decoded(host.replace(/^\[(.*)\]$/, '$1')) ?? '').join(','));
  if (places.some(([, , port]) => port)) put('port', places.map(([, , port = '']) => port).join(','));
  put('dbname', decoded(database));
  for (const pair of (query ?? '').split('&').filter((part) => part !== '')) {
    const at = pair.indexOf('=');
    if (at < 0) throw new AddressError(`has the parameter "${pair.slice(0, 40)}" without a value`);
    put(decoded(pair.slice(0, at)) ?? '', decoded(pair.slice(at + 1)));
  }
  return found;
}

/** Percent-decoding that leaves alone what is not encoded. */
function decoded(text: string | undefined): string | undefined {
  return text?.replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run);
    } catch {
      return run;
    }
  });
}

// name = value, or name = 'value with \' and blanks'
const PAIR = /\s*([A-Za-z_]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?=\s|$)/sy;

function parseKeywords(text: string): Parameters {
  const found: Parameters = new Map();
  PAIR.lastIndex = 0;
  let last = 'the beginning';
  while (PAIR.lastIndex < text.length) {
    const match = PAIR.exec(text);
    if (match === null)
      throw new AddressError(
        `cannot be read behind ${last}: put values with blanks or quotes between single quotes, with \\' and ` +
          `\\\\ inside`,
      );
    const [, name = '', quoted, plain = ''] = match;
    last = name;
    const value = (quoted ?? plain).replace(/\\(.)/gs, '$1');
    if (value !== '') found.set(name, value);
  }
  return found;
}

/** Why a connection could not be made. */
export interface ConnectionReason {
  /** The words of the system, with its code: `connect ECONNREFUSED 127.0.0.1:4401`. */
  says: string;
  /** What to do, where it is a matter of TLS; undefined: it is not. */
  toTrust: string | undefined;
}

// Beyond any chain of causes that Node.js makes.
const CAUSES_MAX = 10;

/** The reason within an error of `fetch`, which itself says "fetch failed" alone; undefined: it has none. */
export function connectionReason(error: unknown): ConnectionReason | undefined {
  const innermost = innermostCause(error);
  if (!(innermost instanceof Error)) return undefined;
  const code = 'code' in innermost && typeof innermost.code === 'string' ? innermost.code : undefined;
  if (code === undefined)
    return innermost === error || innermost.message === ''
      ? undefined
      : { says: innermost.message, toTrust: undefined };
  // OpenSSL's own messages begin with a number and go on with its file and line; Node.js adds advice.
  const says = (innermost.message.split(/[\n;]/, 1)[0] ?? '').replace(
    /^[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]*):.*$/,
    '$1',
  );
  return { says: says.includes(code) ? says : `${says} (${code})`, toTrust: adviceForTls(code) };
}

function innermostCause(error: unknown): unknown {
  let innermost = error;
  for (let depth = 0; innermost instanceof Error && depth < CAUSES_MAX; depth++) {
    // A host with several addresses fails with one error for each.
    const cause: unknown = innermost instanceof AggregateError ? innermost.errors[0] : innermost.cause;
    if (!(cause instanceof Error)) break;
    innermost = cause;
  }
  return innermost;
}

const NO_TLS = /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG))$/;
const OTHER_NAME = /^(?:ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/;
const NOT_TRUSTED = /CERT|UNABLE_TO_VERIFY|CRL/;

function adviceForTls(code: string): string | undefined {
  if (NO_TLS.test(code)) return 'it may speak plain http: try http:// instead of https://';
  if (OTHER_NAME.test(code)) return 'its certificate is for another host: use the name that the certificate has';
  if (/EXPIRED|NOT_YET_VALID/.test(code))
    return 'its certificate is not valid now: renew it, or correct the clock of this machine';
  if (NOT_TRUSTED.test(code))
    return 'its certificate is not trusted here: set NODE_EXTRA_CA_CERTS to a file with the certificate of its authority';
  return undefined;
}

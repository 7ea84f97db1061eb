import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

// Node.js reads certificates and makes none. These few lines of DER are all that a test needs: X.509 v3, P-256, valid
// from 2020 to 2049.

/** A certificate authority of a test's own. */
export interface Authority {
  /** PEM. */
  certificate: string;
  /** A certificate that is made out to this name or IPv4 address, and its key, both PEM. */
  issue(host: string): { certificate: string; key: string };
}

export function makeAuthority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const make = (subject: string, publicKey: KeyObject, extension: Buffer): string =>
    pem(certificate({ issuer: name, subject, publicKey, extension, signWith: own.privateKey }));
  return {
    certificate: make(name, own.publicKey, sequence(BASIC_CONSTRAINTS, TRUE, octets(sequence(TRUE)))),
    issue: (host) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const named =
        isIP(host) === 4 ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));
      return {
        certificate: make(host, publicKey, sequence(SUBJECT_ALT_NAME, octets(sequence(named)))),
        key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      };
    },
  };
}

function certificate({
  issuer,
  subject,
  publicKey,
  extension,
  signWith,
}: {
  issuer: string;
  subject: string;
  publicKey: KeyObject;
  extension: Buffer;
  signWith: KeyObject;
}): Buffer {
  const algorithm = sequence(ECDSA_WITH_SHA256);
  const toSign = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    nameOf(issuer),
    sequence(der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231000000Z'))),
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(extension)),
  );
  return sequence(toSign, algorithm, der(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', toSign, signWith)])));
}

const nameOf = (name: string): Buffer => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const octets = (content: Buffer): Buffer => der(0x04, content);
const sequence = (...parts: Buffer[]): Buffer => der(0x30, Buffer.concat(parts));

/** Tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), content]);
}

const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const TRUE = der(0x01, Buffer.from([0xff]));
const ECDSA_WITH_SHA256 = oid('2a8648ce3d040302');
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALT_NAME = oid('551d11');

function pem(bytes: Buffer): string {
  return (
    `-----BEGIN CERTIFICATE-----\n${bytes.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END ` +
    `CERTIFICATE-----\n`
  );
}

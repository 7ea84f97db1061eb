/** What a server's first message says of the connection. */
export type FirstAnswer = { kind: 'incomplete' | 'accepted' | 'not_postgres' } | { kind: 'refused'; state: string };

// AuthenticationRequest, NegotiateProtocolVersion, NoticeResponse.
const ACCEPTED = new Set([0x52, 0x76, 0x4e]);
const ERROR = 0x45;
const HEADER_BYTES = 5;
const MESSAGE_MAX = 65_536;

/** Looks at the first bytes that a server sends once the protocol has begun. */
export function readFirstAnswer(bytes: Buffer): FirstAnswer {
  const [type] = bytes;
  if (type === undefined) return { kind: 'incomplete' };
  if (ACCEPTED.has(type)) return { kind: 'accepted' };
  if (type !== ERROR) return { kind: 'not_postgres' };
  if (bytes.length < HEADER_BYTES) return { kind: 'incomplete' };
  const length = bytes.readUInt32BE(1);
  // An error from before the third version of the protocol; the client reads it
  if (length > MESSAGE_MAX) return { kind: 'accepted' };
  if (bytes.length < length + 1) return { kind: 'incomplete' };
  const fields = bytes
    .subarray(HEADER_BYTES, length + 1)
    .toString('latin1')
    .split('\0');
  return { kind: 'refused', state: fields.find((field) => field.startsWith('C'))?.slice(1) ?? '' };
}
